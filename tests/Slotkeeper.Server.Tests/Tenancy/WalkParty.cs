using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Slotkeeper.Testing.Databases;

namespace Slotkeeper.Server.Tests.Tenancy;

/// <summary>Somebody who calls: with a key of an agency, or without any.</summary>
/// <param name="Party">Null for whoever has no key.</param>
/// <param name="Role">For people.</param>
/// <param name="Key">Null for none.</param>
/// <param name="Workspace">1 or 2 where the key is for one workspace; 0 otherwise.</param>
internal sealed record WalkCaller(WalkParty? Party, string Role, string? Key, int Workspace);

/// <summary>
/// An agency with two workspaces. Every text of it that somebody chose holds its canary: its letter, and the number of the workspace
/// or 0 for the agency. References, conversations and idempotency keys are on purpose the same words in all agencies.
/// </summary>
internal sealed class WalkParty(char letter)
{
    /// <summary>More are not remembered of one kind: enough to swap with.</summary>
    private const int MostOfAKind = 150;

    private readonly ConcurrentDictionary<string, List<string>> known = new();
    private int words;

    public char Letter => letter;

    public string Agency { get; private set; } = "";

    /// <summary>The second has a calendar that it shares with the other agency.</summary>
    public string[] Workspaces { get; } = new string[2];

    public string[] Links { get; } = new string[2];

    public List<WalkCaller> Callers { get; } = [];

    /// <summary>Ids of the callers' own keys, and of what others need: only strangers try to take them away.</summary>
    public HashSet<string> Kept { get; } = [];

    public string Canary(int workspace) => $"canary{letter}{workspace}";

    /// <summary>A text that nobody else writes.</summary>
    public string Words(int workspace) => $"{Canary(workspace)} {Interlocked.Increment(ref words).ToString(CultureInfo.InvariantCulture)}";

    public void Learn(string id)
    {
        var all = known.GetOrAdd(id[..(id.IndexOf('_', StringComparison.Ordinal) + 1)], _ => []);
        lock (all)
        {
            if (all.Count < MostOfAKind && !all.Contains(id))
                all.Add(id);
        }
    }

    /// <returns>Null when it has none of that kind.</returns>
    public string? Any(string prefix, Random random)
    {
        if (!known.TryGetValue(prefix, out var all))
            return null;
        lock (all)
            return all.Count == 0 ? null : all[random.Next(all.Count)];
    }

    public static async Task<WalkParty> MakeAsync(TestServer server, char letter, string sharedLink)
    {
        var party = new WalkParty(letter);
        party.Agency = await server.CreateAgencyAsync(party.Words(0));
        for (var number = 1; number <= 2; number++)
        {
            var workspace = (await server.PostAsync("/v1/workspaces", new
            {
                agencyId = party.Agency, name = party.Words(number), timeZone = "Europe/Berlin", externalRef = $"ref-{number}",
                settings = new { followUps = new { deliveryUrl = $"https://192.0.2.1/{party.Canary(number)}" } },
            })).Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            party.Workspaces[number - 1] = workspace;
            party.Links[number - 1] = number == 2 ? sharedLink : $"https://calendly.com/{workspace}/{party.Canary(number)}";
            await server.PutCalendarAsync(workspace, party.Links[number - 1]);
            (await server.PutAsync($"/v1/workspaces/{workspace}/calendars/direct_book", new { url = $"https://calendly.com/{workspace}/direct-{party.Canary(number)}", resource = "room" }))
                .Expect(HttpStatusCode.OK);
            (await server.PutAsync($"/v1/workspaces/{workspace}/voice-line", new { secret = party.Words(number) })).Expect(HttpStatusCode.OK);
            await party.AddKeyAsync(server, "workspace", number);
            await party.AddKeyAsync(server, "agent", number);
        }
        await party.AddKeyAsync(server, "agency", 0);
        await party.AddKeyAsync(server, "agent", 0);
        var connection = await server.CreateConnectionAsync(party.Agency);
        (await server.PatchAsync($"/v1/connections/{connection}", new { name = party.Words(0) })).Expect(HttpStatusCode.OK);
        var webhook = (await server.PostAsync($"/v1/agencies/{party.Agency}/webhooks", new { url = $"https://192.0.2.1/{party.Canary(0)}", events = new[] { "booking.confirmed", "booking.cancelled", "offer.withdrawn" } }))
            .Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
        foreach (var id in (string[])[party.Agency, .. party.Workspaces, connection, webhook])
        {
            party.Kept.Add(id);
            party.Learn(id);
        }
        return party;
    }

    private async Task AddKeyAsync(TestServer server, string role, int workspace)
    {
        var made = (await server.PostAsync($"/v1/agencies/{Agency}/keys", new { name = Words(workspace), role, workspaceId = workspace == 0 ? null : Workspaces[workspace - 1] }))
            .Expect(HttpStatusCode.Created).Json;
        Callers.Add(new WalkCaller(this, role, made.GetProperty("key").GetString(), workspace));
        var id = made.GetProperty("id").GetString()!;
        Kept.Add(id);
        Learn(id);
    }
}

/// <summary>Knows whose every id is, by who saw it first, and finds what does not belong into an answer.</summary>
internal sealed partial class WalkWatch(IReadOnlyList<WalkParty> parties)
{
    /// <summary>Ids of runs and fetches are the calendar's, and so are those of calendars that are shared by design.</summary>
    private readonly ConcurrentDictionary<string, WalkParty?> owners = new();

    public void Share(string id) => owners[id] = null;

    public static IEnumerable<string> IdsIn(string text) => Id().Matches(text).Select(match => match.Value);

    /// <summary>Judges an answer and remembers the ids in it as the caller's.</summary>
    /// <param name="caller">Who got it.</param>
    /// <param name="sent">What the caller said itself: repeating that gives nothing away.</param>
    /// <param name="answer">All of it, with its headers.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public string? Judge(WalkCaller caller, string sent, string answer)
    {
        var readable = answer + Decoded(answer);
        foreach (var party in parties)
        {
            if (party != caller.Party && readable.Contains($"canary{party.Letter}", StringComparison.OrdinalIgnoreCase))
                return $"the canary of agency {party.Letter}";
        }
        if (caller is { Party: { } own, Workspace: > 0 and var number } && readable.Contains(own.Canary(3 - number), StringComparison.OrdinalIgnoreCase))
            return "the canary of the agency's other workspace";
        foreach (var id in IdsIn(readable).Distinct())
        {
            if (caller.Party is null)
            {
                if (!sent.Contains(id, StringComparison.Ordinal))
                    return $"{id}, without a key";
            }
            else if (owners.TryGetValue(id, out var owner))
            {
                if (owner is not null && owner != caller.Party && !sent.Contains(id, StringComparison.Ordinal))
                    return $"{id} of agency {owner.Letter}";
            }
            else if (!sent.Contains(id, StringComparison.Ordinal))
            {
                owners.TryAdd(id, caller.Party);
                caller.Party.Learn(id);
            }
        }
        return null;
    }

    /// <summary>What cursors say when they are unpacked.</summary>
    private static string Decoded(string answer)
    {
        var text = new StringBuilder();
        foreach (Match match in Cursor().Matches(answer))
        {
            if (Base64Url.IsValid(match.Groups["cursor"].ValueSpan))
                text.Append(' ').Append(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(match.Groups["cursor"].ValueSpan)));
        }
        return text.ToString();
    }

    [GeneratedRegex("(?:agy|ws|cal|con|res|hld|bkg|ofr|key|whk|dlv|evt|flw)_[0-9a-z]{20,}(?:\\.ws_[0-9a-z]+)?", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Id();

    [GeneratedRegex("\"nextCursor\":\"(?<cursor>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Cursor();
}
