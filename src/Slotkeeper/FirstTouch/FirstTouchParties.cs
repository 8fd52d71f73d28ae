using Slotkeeper.Calendars;
using Slotkeeper.Workspaces;

namespace Slotkeeper.FirstTouch;

/// <summary>A workspace with the account whose leads it serves.</summary>
/// <param name="Workspace">Whose times.</param>
/// <param name="Account">Whose leads.</param>
/// <param name="Campaigns">These; null for all of the account but <paramref name="Except"/>.</param>
/// <param name="Except">Campaigns that another workspace has named for itself.</param>
public sealed record FirstTouchParty(Workspace Workspace, SequencerAccount Account, IReadOnlyList<string>? Campaigns, IReadOnlySet<string> Except);

/// <summary>A workspace that cannot take part as it is set up.</summary>
public sealed record FirstTouchMisfit(string WorkspaceId, string Detail);

/// <summary>Which workspace serves whose leads. Pure. No campaign has two.</summary>
public static class FirstTouchParties
{
    /// <param name="workspaces">Of any agencies, in any order.</param>
    /// <param name="connections">All connections to the sequencer, of any agencies.</param>
    public static (IReadOnlyList<FirstTouchParty> Parties, IReadOnlyList<FirstTouchMisfit> Misfits) Of(IEnumerable<Workspace> workspaces, IReadOnlyList<Connection> connections)
    {
        var byAgency = connections.Where(connection => connection.Provider == Provider.EmailBison).ToLookup(connection => connection.AgencyId, StringComparer.Ordinal);
        var misfits = new List<FirstTouchMisfit>();
        var chosen = new List<(Workspace Workspace, Connection Connection)>();
        foreach (var agency in workspaces.Where(workspace => byAgency.Contains(workspace.AgencyId)).GroupBy(workspace => workspace.AgencyId, StringComparer.Ordinal))
        {
            var own = byAgency[agency.Key].ToList();
            var enabled = agency.Where(workspace => workspace.Settings.FirstTouch.Enabled).OrderBy(workspace => workspace.CreatedAt).ThenBy(workspace => workspace.Id, StringComparer.Ordinal).ToList();
            foreach (var workspace in enabled)
            {
                // Every workspace has first touch enabled from the start: one that says nothing of an account takes part only where there is no doubt whose account it is.
                if (!SaysWhere(workspace) && (own.Count > 1 || enabled.Count > 1))
                    continue;
                var (connection, fault) = Choose(workspace.Settings.EmailBison, own);
                if (connection is not null)
                    chosen.Add((workspace, connection));
                else
                    misfits.Add(new FirstTouchMisfit(workspace.Id, fault!));
            }
        }
        var parties = new List<FirstTouchParty>();
        foreach (var account in chosen.GroupBy(one => one.Connection.Id, StringComparer.Ordinal))
            Share(account.ToList(), parties, misfits);
        return (parties, misfits);
    }

    /// <summary>Campaigns that a workspace names are its own, the first workspace's where two name one; what nobody names belongs to the first that takes all.</summary>
    private static void Share(List<(Workspace Workspace, Connection Connection)> sharers, List<FirstTouchParty> parties, List<FirstTouchMisfit> misfits)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (workspace, _) in sharers)
        {
            foreach (var campaign in workspace.Settings.EmailBison.Campaigns ?? [])
                owners.TryAdd(campaign, workspace.Id);
        }
        string? takesAll = null;
        foreach (var (workspace, connection) in sharers)
        {
            var account = new SequencerAccount(connection.Id, workspace.Settings.EmailBison.BaseUrl, workspace.TimeZone);
            if (workspace.Settings.EmailBison.Campaigns is { } named)
            {
                var own = named.Distinct(StringComparer.Ordinal).Where(campaign => owners[campaign] == workspace.Id).ToList();
                if (own.Count < named.Distinct(StringComparer.Ordinal).Count())
                    misfits.Add(new FirstTouchMisfit(workspace.Id, $"Workspace {owners[named.First(campaign => owners[campaign] != workspace.Id)]} has named some of its campaigns too; the older workspace keeps them. Name each campaign in one workspace."));
                parties.Add(new FirstTouchParty(workspace, account, own, new HashSet<string>()));
            }
            else if (takesAll is null)
            {
                takesAll = workspace.Id;
                parties.Add(new FirstTouchParty(workspace, account, null, owners.Keys.ToHashSet(StringComparer.Ordinal)));
            }
            else
                misfits.Add(new FirstTouchMisfit(workspace.Id, $"Workspace {takesAll} takes all campaigns of the same account. Name this workspace's own in emailBison.campaigns."));
        }
    }

    /// <summary>The connection that the workspace names, else the only one at its address, else the agency's only one. A connection's own address is never replaced: its credential goes nowhere else.</summary>
    private static (Connection? Connection, string? Fault) Choose(EmailBisonSettings settings, List<Connection> own)
    {
        var address = Normal(settings.BaseUrl);
        var there = settings.ConnectionId is { } id ? own.FindAll(connection => connection.Id == id) : own;
        if (settings.ConnectionId is not null && there.Count == 0)
            return (null, "emailBison.connectionId names no emailbison connection of the agency.");
        if (address is not null && there.Exists(connection => Normal(connection.BaseUrl) == address))
            there = there.FindAll(connection => Normal(connection.BaseUrl) == address);
        else if (address is not null)
            there = there.FindAll(connection => connection.BaseUrl is null);
        return there.Count switch
        {
            1 => (there[0], null),
            0 => (null, "The agency has no emailbison connection at the address of emailBison.baseUrl. Give it one with this baseUrl, or correct the setting."),
            _ when address is null => (null, "The agency has several emailbison connections. Set emailBison.connectionId, or emailBison.baseUrl where only one has that address."),
            _ => (null, "The agency has several emailbison connections at the address of emailBison.baseUrl. Set emailBison.connectionId to this workspace's."),
        };
    }

    private static bool SaysWhere(Workspace workspace) => workspace.Settings.EmailBison is { ConnectionId: not null } or { BaseUrl: not null } or { Campaigns: not null };

    private static string? Normal(string? address)
    {
        if (!Uri.TryCreate(address?.Trim(), UriKind.Absolute, out var uri))
            return null;
        var path = uri.AbsolutePath.TrimEnd('/');
        return $"{uri.Scheme}://{uri.Authority}{(path.EndsWith("/api", StringComparison.OrdinalIgnoreCase) ? path[..^4] : path)}".ToLowerInvariant();
    }
}
