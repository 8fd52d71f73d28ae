using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Refresh;
using Slotkeeper.Sandbox;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>What seeding came to.</summary>
/// <param name="AgencyIds">In the order of <see cref="DemoFleet.Agencies"/>.</param>
/// <param name="Created">Workspaces that were not there.</param>
/// <param name="Kept">Workspaces that were.</param>
internal sealed record DemoSeeded(IReadOnlyList<string> AgencyIds, int Created, int Kept);

/// <summary>
/// Writes the sample fleet through the stores that the API writes through, before the server begins, so that its first run
/// takes all of it. Repeatable: what is there already is found by its name and stays as it is.
/// </summary>
internal sealed class DemoSeed(
    IAgencyStore agencyStore,
    IKeyStore keyStore,
    IConnectionStore connectionStore,
    IWorkspaceStore workspaceStore,
    CredentialVault vault,
    ICalendarProviders providers,
    TimeProvider clock)
{
    private const int Batch = 1000;

    public async Task<DemoSeeded> WriteAsync(DemoFleet fleet, CancellationToken cancellationToken)
    {
        var agencies = await AgenciesAsync(cancellationToken);
        var connections = await ConnectionsAsync(fleet, agencies, cancellationToken);
        var known = new Dictionary<(string Agency, string Ref), Workspace>();
        await foreach (var workspace in workspaceStore.LoadAllAsync(cancellationToken))
        {
            if (workspace.ExternalRef is { } reference)
                known[(workspace.AgencyId, reference)] = workspace;
        }
        var created = 0;
        foreach (var batch in fleet.Workspaces.Chunk(Batch))
        {
            var written = await workspaceStore.WriteAsync([.. batch.Select(sample => Write(sample, agencies, connections, known))], cancellationToken);
            if (written.FirstOrDefault(one => one.Workspace is null) is { } refused)
                throw new InvalidOperationException($"A sample workspace was refused: {refused.Outcome}.");
            created += written.Count(one => one.Outcome == WorkspaceWriteOutcome.Created);
        }
        return new DemoSeeded(agencies, created, fleet.Workspaces.Count - created);
    }

    /// <summary>Makes sure that a key with this text opens the agency.</summary>
    public async Task<string> KeyAsync(string agencyId, string? remembered, CancellationToken cancellationToken)
    {
        if (remembered is not null && KeyIssuer.LookupPrefix(remembered) is { } prefix
            && await keyStore.FindByPrefixAsync(prefix, cancellationToken) is { RevokedAt: null } row
            && row.AgencyId == agencyId && KeyIssuer.Matches(row, remembered))
            return remembered;
        var (key, made) = KeyIssuer.Issue("Demo", Role.Agency, agencyId, null, clock.GetUtcNow(), null);
        await keyStore.CreateAsync(made, cancellationToken);
        return key;
    }

    private static Dictionary<string, string> CredentialOf(DemoConnection connection)
    {
        var token = connection.IsExpired ? "expired-" + connection.Sample.Token : connection.Sample.Token;
        return connection.Provider switch
        {
            SandboxProvider.CalCom => new() { ["apiKey"] = token },
            SandboxProvider.HighLevel => new() { ["accessToken"] = token, ["locationId"] = connection.Sample.AccountId },
            _ => new() { ["accessToken"] = token },
        };
    }

    private static Provider ProviderOf(SandboxProvider provider) => provider switch
    {
        SandboxProvider.Calendly => Provider.Calendly,
        SandboxProvider.HubSpot => Provider.HubSpot,
        SandboxProvider.HighLevel => Provider.HighLevel,
        _ => Provider.CalCom,
    };

    private async Task<IReadOnlyList<string>> AgenciesAsync(CancellationToken cancellationToken)
    {
        var present = await agencyStore.ListAsync(null, Batch, cancellationToken);
        var ids = new List<string>();
        foreach (var (name, _) in DemoFleet.Agencies)
        {
            var agency = present.FirstOrDefault(agency => agency.Name == name);
            if (agency is null)
            {
                agency = new Agency(Ids.New(Ids.Agency), name, Agency.DefaultWeight, clock.GetUtcNow());
                await agencyStore.CreateAsync(agency, cancellationToken);
            }
            ids.Add(agency.Id);
        }
        return ids;
    }

    /// <returns>Ids by name: the names are unique over the fleet.</returns>
    private async Task<Dictionary<string, string>> ConnectionsAsync(DemoFleet fleet, IReadOnlyList<string> agencies, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        for (string? after = null; ;)
        {
            var page = await connectionStore.ListAsync(null, after, Batch, cancellationToken);
            foreach (var connection in page)
                ids[connection.Name] = connection.Id;
            if (page.Count < Batch)
                break;
            after = page[^1].Id;
        }
        foreach (var wanted in fleet.Connections.Where(wanted => !ids.ContainsKey(wanted.Name)))
        {
            var id = Ids.New(Ids.Connection);
            var secret = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
            await connectionStore.CreateAsync(
                new Connection(
                    id,
                    agencies[wanted.Agency],
                    ProviderOf(wanted.Provider),
                    wanted.Name,
                    await vault.SealAsync(agencies[wanted.Agency], id, Connection.CredentialField, JsonSerializer.SerializeToUtf8Bytes(CredentialOf(wanted)), cancellationToken),
                    await vault.SealAsync(agencies[wanted.Agency], id, Connection.WebhookSecretField, Encoding.UTF8.GetBytes(secret), cancellationToken),
                    null,
                    clock.GetUtcNow()),
                cancellationToken);
            ids[wanted.Name] = id;
        }
        return ids;
    }

    private WorkspaceWrite Write(DemoWorkspace sample, IReadOnlyList<string> agencies, Dictionary<string, string> connections, Dictionary<(string, string), Workspace> known)
    {
        var agencyId = agencies[sample.Agency];
        var zone = sample.Default.Calendar.Zone;
        known.TryGetValue((agencyId, sample.ExternalRef), out var before);
        var workspace = new Workspace(
            before?.Id ?? Ids.New(Ids.Workspace),
            agencyId,
            sample.Name,
            zone,
            zone == "Europe/Berlin" ? "de" : "en",
            sample.ExternalRef,
            before?.Settings ?? WorkspaceSettings.Defaults,
            null,
            null,
            before?.CreatedAt ?? clock.GetUtcNow());
        var calendars = new Dictionary<CalendarSource, CalendarRequest?> { [CalendarSource.Default] = Request(sample.Default, connections) };
        if (sample.DirectBook is { } direct)
            calendars[CalendarSource.DirectBook] = Request(direct, connections);
        return new WorkspaceWrite(workspace, calendars);
    }

    private CalendarRequest Request(DemoCalendar wanted, Dictionary<string, string> connections)
    {
        var calendar = wanted.Calendar;
        var minutes = (int)calendar.Duration.TotalMinutes;
        if (wanted.ConnectionName is { } name)
            return new CalendarRequest(ProviderOf(calendar.Provider), null, calendar.ExternalId, connections[name], minutes, null, null, null);
        var link = providers.Recognise(calendar.Link) ?? throw new InvalidOperationException($"The simulator's link {calendar.Link} is of no known kind.");
        return new CalendarRequest(link.Provider, link.CanonicalUrl, null, null, minutes, null, null, null);
    }
}
