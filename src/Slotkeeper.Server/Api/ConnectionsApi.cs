using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Calendars;
using Slotkeeper.Invalidation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Connections: credentials at providers. What is secret goes in and never comes out again.</summary>
internal static class ConnectionsApi
{
    private const string Providers = "calcom, calendly, hubspot, highlevel, emailbison, caldav";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/connections", CreateAsync).Takes<ConnectionRequest>().Note(
            "Create a connection",
            "credential holds exactly: calcom {apiKey}, calendly {accessToken}, hubspot {accessToken}, highlevel {accessToken, locationId}, emailbison {apiKey}, caldav {userName, password}. It never comes back; webhookSecret is shown this once.",
            refusals: [(503, "not_configured")]);
        routes.MapGet("/v1/connections", ListAsync).Note("List connections", "", ["agencyId", "limit", "cursor"]);
        routes.MapGet("/v1/connections/{id}", FindAsync).Note("Read a connection with its health");
        routes.MapPatch("/v1/connections/{id}", ChangeAsync).Takes<ConnectionChange>()
            .Note("Change a connection", "Absent fields stay as they are; credential is replaced as a whole. Its calendars are due at once.", refusals: [(503, "not_configured")]);
        routes.MapDelete("/v1/connections/{id}", DeleteAsync)
            .Note("Delete a connection", "Refused while a workspace's calendar uses it.", refusals: [(409, "connection_in_use")]);
    }

    private static async Task<Results<Created<NewConnectionBody>, Refusal>> CreateAsync(
        HttpContext context,
        ServerSettings settings,
        ServerAddress address,
        IAgencyStore agencies,
        IConnectionStore connections,
        CredentialVault vault,
        ConnectionBook book,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var caller = Caller.Of(context);
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var agencyId = AgencyChoice.Read(fields, caller);
        var provider = fields.Choice("provider", ProviderNames.Parse, Providers);
        if (!fields.HasValue("provider"))
            fields.Fault("provider", $"is required; allowed are {Providers}");
        var name = fields.Text("name", 1, 200);
        var credential = ReadCredential(fields, provider);
        var baseUrl = ReadBaseUrl(fields, settings);
        if (fields.Refusal is { } refusal)
            return refusal;
        if (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null)
            return Refusal.NotFound("agency");
        if (!vault.IsOpen)
            return NoMasterKey();

        var id = Ids.New(Ids.Connection);
        var secret = NewSecret();
        var connection = new Connection(
            id,
            agencyId,
            provider!.Value,
            name,
            await vault.SealAsync(agencyId, id, Connection.CredentialField, JsonSerializer.SerializeToUtf8Bytes(credential), cancellationToken),
            await vault.SealAsync(agencyId, id, Connection.WebhookSecretField, Encoding.UTF8.GetBytes(secret), cancellationToken),
            baseUrl,
            clock.GetUtcNow());
        await connections.CreateAsync(connection, cancellationToken);
        book.Keep(connection);
        return TypedResults.Created($"/v1/connections/{id}", new NewConnectionBody(
            id, agencyId, connection.Provider.ToName(), name, baseUrl, address.WebhookUrl(connection), secret));
    }

    private static async Task<Results<Ok<Page<ConnectionBody>>, Refusal>> ListAsync(
        HttpContext context, IConnectionStore connections, IAgencyStore agencies, ServerAddress address, ProviderConnections providers, WebhookHealth webhooks, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var agencyId = parameters.Text("agencyId");
        if (parameters.Refusal is { } refusal)
            return refusal;
        var caller = Caller.Of(context);
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null))
            return Refusal.NotFound("agency");
        var found = await connections.ListAsync(caller.AgencyId ?? agencyId, page.AfterId, page.Limit + 1, cancellationToken);
        var health = await webhooks.ReadAsync(found, cancellationToken);
        return TypedResults.Ok(page.Of(found, connection => connection.Id, connection => ConnectionBody.Of(connection, address, providers, health(connection))));
    }

    private static async Task<Results<Ok<ConnectionBody>, Refusal>> FindAsync(
        string id, HttpContext context, IConnectionStore connections, ServerAddress address, ProviderConnections providers, WebhookHealth webhooks, CancellationToken cancellationToken) =>
        await connections.FindAsync(id, cancellationToken) is { } connection && Caller.Of(context).SeesAgency(connection.AgencyId)
            ? TypedResults.Ok(ConnectionBody.Of(connection, address, providers, (await webhooks.ReadAsync([connection], cancellationToken))(connection)))
            : Refusal.NotFound("connection");

    private static async Task<Results<Ok<ConnectionBody>, Refusal>> ChangeAsync(
        string id,
        HttpContext context,
        ServerSettings settings,
        ServerAddress address,
        IConnectionStore connections,
        CredentialVault vault,
        ConnectionBook book,
        ProviderConnections providers,
        WebhookHealth webhooks,
        Catalog catalog,
        CatalogSync sync,
        Invalidator invalidator,
        CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !Caller.Of(context).SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        var fields = await Fields.ReadAsync(context.Request, cancellationToken);
        var name = fields.Has("name") ? fields.Text("name", 1, 200) : connection.Name;
        var credential = fields.Has("credential") ? ReadCredential(fields, connection.Provider) : null;
        var baseUrl = fields.Has("baseUrl") ? ReadBaseUrl(fields, settings) : connection.BaseUrl;
        if (fields.Refusal is { } refusal)
            return refusal;
        if (credential is not null && !vault.IsOpen)
            return NoMasterKey();

        var changed = connection with
        {
            Name = name,
            BaseUrl = baseUrl,
            SealedCredential = credential is null
                ? connection.SealedCredential
                : await vault.SealAsync(connection.AgencyId, id, Connection.CredentialField, JsonSerializer.SerializeToUtf8Bytes(credential), cancellationToken),
        };
        if (!await connections.UpdateAsync(changed, cancellationToken))
            return Refusal.NotFound("connection");
        book.Keep(changed);
        if (credential is not null || baseUrl != connection.BaseUrl)
            providers.Forget(id);
        // The store has made its calendars due; this node does not hear of its own changes.
        foreach (var calendar in catalog.Calendars.Where(calendar => calendar.Calendar.ConnectionId == id).Select(calendar => calendar.Calendar.Id).ToList())
        {
            await sync.ReloadCalendarAsync(calendar, cancellationToken);
            invalidator.Announce(calendar);
        }
        return TypedResults.Ok(ConnectionBody.Of(changed, address, providers, (await webhooks.ReadAsync([changed], cancellationToken))(changed)));
    }

    private static async Task<Results<NoContent, Refusal>> DeleteAsync(
        string id, HttpContext context, IConnectionStore connections, ConnectionBook book, ProviderConnections providers, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { } connection || !Caller.Of(context).SeesAgency(connection.AgencyId))
            return Refusal.NotFound("connection");
        switch (await connections.DeleteAsync(id, cancellationToken))
        {
            case ConnectionDeletion.Deleted:
                book.Forget(id);
                providers.Forget(id);
                return TypedResults.NoContent();
            case ConnectionDeletion.InUse:
                return new Refusal(StatusCodes.Status409Conflict, "connection_in_use", "A workspace's calendar is read with this connection; remove the calendar first.");
            case ConnectionDeletion.NotFound:
                return Refusal.NotFound("connection");
            default:
                throw new InvalidOperationException("No such outcome of a deletion.");
        }
    }

    /// <summary>Exactly the fields of the provider: one too few and one too many are both refused.</summary>
    private static SortedDictionary<string, string> ReadCredential(Fields fields, Provider? provider)
    {
        var credential = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!fields.HasValue("credential"))
            fields.Fault("credential", "is required");
        var part = fields.Part("credential");
        // Which fields it has depends on the provider; while that is wrong, none of them is judged.
        foreach (var field in provider is { } known ? CredentialFields(known) : ["apiKey", "accessToken", "locationId", "userName", "password"])
        {
            if (provider is null)
                part.Has(field);
            else if (fields.HasValue("credential"))
                credential[field] = part.Text(field, 1, 4000);
        }
        return credential;
    }

    /// <summary>The fields that the credential of a provider has.</summary>
    internal static string[] CredentialFields(Provider provider) => provider switch
    {
        Provider.CalCom or Provider.EmailBison => ["apiKey"],
        Provider.Calendly or Provider.HubSpot => ["accessToken"],
        Provider.HighLevel => ["accessToken", "locationId"],
        Provider.CalDav => ["userName", "password"],
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "No such provider."),
    };

    private static string? ReadBaseUrl(Fields fields, ServerSettings settings)
    {
        if (fields.OptionalText("baseUrl", 1, 500) is not { } text)
            return null;
        var schemes = settings.AllowPrivateAddresses ? "http or https" : "https";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && settings.AllowPrivateAddresses))
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            fields.Fault("baseUrl", $"must be an absolute {schemes} address without user, query and fragment");
        else if (!settings.AllowPrivateAddresses && PrivateHost.Is(uri))
            fields.Fault("baseUrl", "must not lead to this machine or into a private network");
        return text;
    }

    internal static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Nothing secret can be stored.</summary>
    internal static Refusal NoMasterKey() => new(
        StatusCodes.Status503ServiceUnavailable,
        "not_configured",
        "Credentials are stored encrypted, and the setting SLOTKEEPER_MASTER_KEY is not set. Set it (for example to the output of: openssl rand -base64 32) and start again.");
}

/// <param name="AgencyId">Whose it is. May be absent with an agency's key.</param>
/// <param name="Provider">calcom, calendly, hubspot, highlevel, emailbison or caldav.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Credential">The fields of the provider.</param>
/// <param name="BaseUrl">The provider's address for this account, where it is not the usual one.</param>
internal sealed record ConnectionRequest(string? AgencyId, string Provider, string Name, IReadOnlyDictionary<string, string> Credential, string? BaseUrl);

internal sealed record ConnectionChange(string? Name, IReadOnlyDictionary<string, string>? Credential, string? BaseUrl);

/// <param name="WebhookSecret">Shown this once.</param>
internal sealed record NewConnectionBody(string Id, string AgencyId, string Provider, string Name, string? BaseUrl, string WebhookUrl, string WebhookSecret);

public sealed record ConnectionBody(
    string Id, string AgencyId, string Provider, string Name, string? BaseUrl, string WebhookUrl, DateTimeOffset CreatedAt, HealthBody? Health)
{
    internal static ConnectionBody Of(Connection connection, ServerAddress address, ProviderConnections providers, WebhookHealthBody? webhooks) => new(
        connection.Id,
        connection.AgencyId,
        connection.Provider.ToName(),
        connection.Name,
        connection.BaseUrl,
        address.WebhookUrl(connection),
        connection.CreatedAt,
        providers.Health(connection.Id) is { } health
            ? new HealthBody(health.StateName, health.Since, health.LastError, new BudgetBody(health.Budget.Limit, health.Budget.PerSeconds, health.Budget.Used), webhooks)
            : null);
}

/// <param name="State">closed (calls go through), open (failing, none do), half_open (one is tried), paused (the provider asked for it).</param>
/// <param name="Webhooks">Null until a workspace has a calendar of the connection.</param>
public sealed record HealthBody(string State, DateTimeOffset Since, string? LastError, BudgetBody Budget, WebhookHealthBody? Webhooks);

/// <param name="Limit">Calls the provider allows in the window.</param>
public sealed record BudgetBody(int Limit, int PerSeconds, int Used);
