using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Slotkeeper.Calendars;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Transfer;

/// <summary>Workspaces in and out as files; see <see cref="WorkspaceFile"/>.</summary>
internal static class TransferApi
{
    private const int PageSize = 500;

    private const string Format =
        "NDJSON: {id?, agencyId?, externalRef, name, timeZone, locale?, settings?, calendars?: {default?, directBook?}} a line, each calendar as in PUT calendars. "
        + "CSV: a header with any of id, agencyId, externalRef, name, timeZone, locale, settings (JSON), and defaultUrl, defaultProvider, defaultExternalId, defaultConnectionId, "
        + "defaultDurationMinutes, defaultResource, defaultCapacity, defaultWorkingHours (JSON), likewise with directBook in front. An absent field or an empty cell stays as it is. "
        + "A CSV cell that a spreadsheet would take for a formula has a ' before it.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/import", ImportAsync).WithMetadata(new RouteFile([WorkspaceFile.NdjsonType, WorkspaceFile.CsvType])).Note(
            "Import workspaces with their calendars", "By externalRef, repeatable. A bad line never stops the good ones. With dryRun nothing is written, and changes says what would be. " + Format, ["importAgencyId", "dryRun"]);
        routes.MapGet("/v1/export", ExportAsync).WithMetadata(new ProducesResponseTypeMetadata(200, typeof(string), [WorkspaceFile.NdjsonType, WorkspaceFile.CsvType])).Note(
            "Export workspaces with their calendars", "In the format of the import, so that importing it again changes nothing. " + Format, ["agencyId", "format"]);
    }

    private static async Task<Results<Ok<ImportBody>, Refusal>> ImportAsync(HttpContext context, IAgencyStore agencies, Importer importer, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var agencyId = parameters.Text("agencyId");
        var isDry = parameters.Flag("dryRun") ?? false;
        if (parameters.Refusal is { } refusal)
            return refusal;
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !(type.MediaType.Equals(WorkspaceFile.NdjsonType, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals(WorkspaceFile.CsvType, StringComparison.OrdinalIgnoreCase)))
        {
            return new Refusal(
                StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", $"The header Content-Type must be {WorkspaceFile.NdjsonType} or {WorkspaceFile.CsvType}.");
        }
        var caller = Caller.Of(context);
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null))
            return Refusal.NotFound("agency");

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.GetBuffer(), 0, (int)body.Length);
        }
        catch (DecoderFallbackException)
        {
            return new Refusal(StatusCodes.Status400BadRequest, "invalid_request", "The file is not UTF-8. Save it as UTF-8 and send it again.");
        }
        var isCsv = type.MediaType.Equals(WorkspaceFile.CsvType, StringComparison.OrdinalIgnoreCase);
        if (isCsv && Importer.RefuseHeader(text) is { } header)
            return header;
        return TypedResults.Ok(await importer.ImportAsync(text, isCsv, caller, agencyId, isDry, cancellationToken));
    }

    private static async Task<Results<PushStreamHttpResult, Refusal>> ExportAsync(
        HttpContext context, IAgencyStore agencies, IWorkspaceStore workspaces, ISnapshotStore snapshots, Catalog catalog, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.QueryString);
        var agencyId = parameters.Text("agencyId");
        var isCsv = parameters.Choice("format", ParseFormat, "ndjson, csv") ?? false;
        if (parameters.Refusal is { } refusal)
            return refusal;
        var caller = Caller.Of(context);
        if (agencyId is not null && (!caller.SeesAgency(agencyId) || await agencies.FindAsync(agencyId, cancellationToken) is null))
            return Refusal.NotFound("agency");
        var only = caller.AgencyId ?? agencyId;
        // Before the first byte is sent, so that a database that is away can still be answered with 503.
        var first = await workspaces.ListAsync(only, null, null, PageSize, cancellationToken);
        context.Response.Headers.ContentDisposition = isCsv ? "attachment; filename=\"workspaces.csv\"" : "attachment; filename=\"workspaces.ndjson\"";
        return TypedResults.Stream(WriteAsync, isCsv ? "text/csv; charset=utf-8" : WorkspaceFile.NdjsonType);

        async Task WriteAsync(Stream target)
        {
            if (isCsv)
                await WriteCellsAsync(target, WorkspaceFile.Columns);
            for (var page = first; ;)
            {
                foreach (var workspace in page)
                {
                    var usual = await FindAsync(workspace.DefaultCalendarId);
                    var direct = await FindAsync(workspace.DirectBookCalendarId);
                    if (isCsv)
                    {
                        await WriteCellsAsync(target, WorkspaceFile.ToCells(workspace, usual, direct));
                        continue;
                    }
                    await target.WriteAsync(WorkspaceFile.ToNdjson(workspace, usual, direct), cancellationToken);
                    await target.WriteAsync("\n"u8.ToArray(), cancellationToken);
                }
                await target.FlushAsync(cancellationToken);
                if (page.Count < PageSize)
                    return;
                page = await workspaces.ListAsync(only, null, page[^1].Id, PageSize, cancellationToken);
            }
        }

        async ValueTask<Calendar?> FindAsync(string? id)
        {
            if (id is null)
                return null;
            return catalog.TryCalendar(id, out var live) ? live.Calendar : (await snapshots.LoadAsync(id, cancellationToken))?.Calendar;
        }

        async Task WriteCellsAsync(Stream target, IReadOnlyList<string?> cells)
        {
            var line = new StringBuilder();
            Csv.WriteRecord(line, cells);
            await target.WriteAsync(Encoding.UTF8.GetBytes(line.ToString()), cancellationToken);
        }
    }

    private static bool? ParseFormat(string format) => format switch
    {
        "csv" => true,
        "ndjson" => false,
        _ => null,
    };
}

/// <summary>The media types of a file that a route takes.</summary>
internal sealed record RouteFile(IReadOnlyList<string> Types);
