using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Slotkeeper.Audit;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>Who changed what.</summary>
internal static class AuditApi
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit", ListAsync).Note(
        "Who changed what",
        "One record per change of state, the newest first. An agency's key sees its own; where an administrator changed something of it, not from where. before and after hold the changed fields, never secrets.",
        ["agencyId", "subject", "action", "auditFrom", "auditTo", "limit", "cursor"]);

    private static async Task<Results<Ok<Page<AuditBody>>, Refusal>> ListAsync(HttpContext context, IAuditStore audit, IAgencyStore agencies, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var page = PageRequest.Read(ref parameters);
        var agencyId = parameters.Text("agencyId");
        var (subject, action) = (parameters.Text("subject", 300), parameters.Text("action"));
        var (from, to) = (parameters.Instant("from"), parameters.Instant("to"));
        AuditPlace? before = page.AfterId is { } cursor ? Place(cursor) : null;
        if (page.AfterId is not null && before is null)
            parameters.Fault("cursor", "must be the nextCursor of an answer, unchanged");
        if (parameters.Refusal is { } refusal)
            return refusal;
        var caller = Caller.Of(context);
        // Of an agency that was deleted, an administrator still reads what became of it.
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || (caller.Role != Role.Admin && await agencies.FindAsync(agencyId, cancellationToken) is null)))
            return Refusal.NotFound("agency");
        var found = await audit.ListAsync(new AuditFilter(caller.AgencyId ?? agencyId, subject, action, from, to), before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.Of(found, Cursor, record => AuditBody.Of(record, caller)));
    }

    internal static string Cursor(AuditRecord record)
    {
        var place = AuditPlace.Of(record);
        return string.Create(CultureInfo.InvariantCulture, $"{(place.At - DateTimeOffset.UnixEpoch).Ticks}_{place.Sequence}_{place.Chain}");
    }

    internal static AuditPlace? Place(string cursor) =>
        cursor.Split('_', 3) is [var ticks, var sequence, var chain]
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since < DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks
        && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AuditPlace(DateTimeOffset.UnixEpoch.AddTicks(since), chain, number)
            : null;
}

/// <param name="AgencyId">Null for what belongs to no agency.</param>
/// <param name="Sequence">From 1, without gaps, in the agency's chain.</param>
/// <param name="At">By the database's clock.</param>
/// <param name="Action">Such as workspace.updated.</param>
/// <param name="Before">The changed fields as they were; null where there was nothing.</param>
/// <param name="After">The changed fields as they are; null where nothing is left. A secret is "changed".</param>
/// <param name="Hash">SHA-256 over the record before and this one, in hexadecimal.</param>
public sealed record AuditBody(
    string? AgencyId, long Sequence, DateTimeOffset At, ActorBody Actor, string Action, SubjectBody Subject, JsonElement? Before, JsonElement? After, string Hash)
{
    internal static AuditBody Of(AuditRecord record, Caller caller)
    {
        var actor = record.Actor;
        // Where an administrator sits is nothing to an agency.
        var isSeen = caller.Role == Role.Admin || actor.AgencyId == caller.AgencyId;
        return new AuditBody(
            record.AgencyId, record.Sequence, record.At,
            new ActorBody(actor.Kind, actor.Id, actor.Role, actor.AgencyId, isSeen ? actor.Address : null, isSeen ? actor.UserAgent : null),
            record.Action, new SubjectBody(record.SubjectType, record.SubjectId), Parse(record.Before), Parse(record.After), Convert.ToHexStringLower(record.Hash));
    }

    /// <summary>What somebody put in past the program need not be JSON; verifying tells of it.</summary>
    private static JsonElement? Parse(string? json)
    {
        if (json is null)
            return null;
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(json);
        }
    }
}

/// <param name="Kind">key, cron, provider (a webhook) or system (nobody asked).</param>
/// <param name="Id">The key, the cron route, the connection, or the part of the program.</param>
/// <param name="Role">Of the key.</param>
/// <param name="AgencyId">Of the key or connection.</param>
/// <param name="Address">Of the client.</param>
/// <param name="UserAgent">Of the client, shortened.</param>
public sealed record ActorBody(string Kind, string Id, string? Role, string? AgencyId, string? Address, string? UserAgent);

public sealed record SubjectBody(string Type, string Id);
