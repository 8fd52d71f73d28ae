using System.Globalization;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;

namespace Slotkeeper.Server.Webhooks;

/// <summary>How the webhooks of connections fare, for whoever runs them.</summary>
internal sealed class WebhookHealth(IWebhookRegistrationStore registrations, IWebhookSourceStore sources, WebhookRegistrar registrar, ServerAddress address, ServerSettings settings)
{
    /// <param name="connections">In the order of their ids.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Gives each connection's; null for one that is not registered yet.</returns>
    public async Task<Func<Connection, WebhookHealthBody?>> ReadAsync(IReadOnlyList<Connection> connections, CancellationToken cancellationToken)
    {
        if (connections.Count == 0)
            return _ => null;
        var (first, last) = (connections[0].Id, connections[^1].Id);
        var known = (await registrations.ListAsync(first, last, cancellationToken)).ToDictionary(one => one.ConnectionId, StringComparer.Ordinal);
        var trusts = (await sources.ListAsync(first, last, cancellationToken)).ToDictionary(one => one.ConnectionId, StringComparer.Ordinal);
        return connection => Of(connection, known.GetValueOrDefault(connection.Id), trusts.GetValueOrDefault(connection.Id));
    }

    private WebhookHealthBody? Of(Connection connection, WebhookRegistration? registration, SourceTrust? trust)
    {
        var url = address.WebhookUrl(connection);
        if (trust is { SilentSince: { } since })
        {
            var text = registration?.Error ?? string.Create(
                CultureInfo.InvariantCulture,
                $"Reading found {trust.Missed} changes that no webhook told of. The calendars are read more often until one comes. See whether the provider still sends to {url}, with the present secret.");
            return new WebhookHealthBody("silent", since, trust.HeardAt, text, url);
        }
        if (connection.Provider is Provider.EmailBison or Provider.CalDav)
            return new WebhookHealthBody("unsupported", connection.CreatedAt, null, null, url);
        if (registration is not null)
            return new WebhookHealthBody(StateName(registration.State), registration.Since, trust?.HeardAt, registration.Error, url);
        return registrar.HasCalls(connection.Provider) && settings.WebhookRegistration
            ? null
            : new WebhookHealthBody("manual", connection.CreatedAt, trust?.HeardAt, null, url);
    }

    private static string StateName(RegistrationState state) => state switch
    {
        RegistrationState.Registered => "registered",
        RegistrationState.Unsupported => "unsupported",
        RegistrationState.Failed => "failed",
        _ => throw new InvalidOperationException($"No such state: {state}."),
    };
}

/// <param name="State">registered (at the provider, by us), manual (enter url there by hand), unsupported (the provider or the plan sends none), failed (see lastError), silent (bookings were found that no webhook told of).</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="LastEventAt">When a webhook last came, to within half a minute; null when none did.</param>
/// <param name="LastError">What to change; null when nothing is wrong.</param>
/// <param name="Url">Where the provider sends to.</param>
public sealed record WebhookHealthBody(string State, DateTimeOffset Since, DateTimeOffset? LastEventAt, string? LastError, string Url);
