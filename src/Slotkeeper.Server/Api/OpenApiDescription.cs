using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Transfer;

namespace Slotkeeper.Server.Api;

/// <summary>
/// Completes the published description with what types alone do not say: who may call a route, its parameters and their ranges, its
/// body, and every error it may answer.
/// </summary>
internal static class OpenApiDescription
{
    private const string Json = "application/json";
    /// <summary>A header among the parameters.</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>The same header, where a conversation, a check or a hold may say instead which intention it is.</summary>
    public const string OptionalIdempotencyKey = "optionalIdempotencyKey";

    private const string SignatureScheme = "providerSignature";
    private const string KeyScheme = "apiKey";
    private const string CronScheme = "cronSecret";
    private const string CronHeaderScheme = "cronSecretHeader";

    private static readonly Dictionary<string, (string Name, JsonSchemaType Type, string Description)> Parameters = new(StringComparer.Ordinal)
    {
        ["limit"] = ("limit", JsonSchemaType.Integer, "Items per page, 1 to 1000; default 100."),
        ["cursor"] = ("cursor", JsonSchemaType.String, "nextCursor of the page before."),
        ["agencyId"] = ("agencyId", JsonSchemaType.String, "Only this agency's. With an agency's key it may be absent."),
        ["importAgencyId"] = ("agencyId", JsonSchemaType.String, "Where lines without agencyId go. Needed with an admin key."),
        ["externalRef"] = ("externalRef", JsonSchemaType.String, "Only the workspace with this reference."),
        ["format"] = ("format", JsonSchemaType.String, "ndjson (default) or csv."),
        ["source"] = ("source", JsonSchemaType.String, "default or direct_book, which falls back to default where none is set."),
        ["from"] = ("from", JsonSchemaType.String, "Earliest start, an instant with Z or an offset; default now."),
        ["to"] = ("to", JsonSchemaType.String, "Before this start, at most 400 days after from; default now + 30 days."),
        ["maxAge"] = ("maxAge", JsonSchemaType.Integer, "Seconds, 0 to 86400: data older than that is fetched first."),
        ["refreshIfStale"] = ("refreshIfStale", JsonSchemaType.Boolean, "false never asks a provider; default true."),
        ["slotLimit"] = ("limit", JsonSchemaType.Integer, "At most this many slots, the earliest, 1 to 10000; default all."),
        ["start"] = ("start", JsonSchemaType.String, "The start of the slot, an instant with Z or an offset. Required."),
        ["teamId"] = ("teamId", JsonSchemaType.String, "The provider's team, where the caller has it."),
        [IdempotencyKey] = (IdempotencyKey, JsonSchemaType.String, "1 to 255 characters. A repeat with the same key and body gets the first answer again, for 7 days. Required."),
        [OptionalIdempotencyKey] = (IdempotencyKey, JsonSchemaType.String, "1 to 255 characters. A repeat with the same key and body gets the first answer again, for 7 days. May be left out where conversationId, checkId or holdId says which intention it is."),
        ["bookingFrom"] = ("from", JsonSchemaType.String, "Only bookings that end after this instant."),
        ["bookingTo"] = ("to", JsonSchemaType.String, "Only bookings that start before this instant."),
        ["leadId"] = ("leadId", JsonSchemaType.String, "Only this lead's."),
        ["status"] = ("status", JsonSchemaType.String, "pending, unknown, confirmed, cancelled or failed."),
        ["subject"] = ("subject", JsonSchemaType.String, "Only about this: an id, a lead's reference, an event type."),
        ["action"] = ("action", JsonSchemaType.String, "Only this one, such as workspace.updated."),
        ["auditFrom"] = ("from", JsonSchemaType.String, "Not before this instant."),
        ["auditTo"] = ("to", JsonSchemaType.String, "Before this instant."),
        ["offerState"] = ("state", JsonSchemaType.String, "live, withdrawn, accepted, expired or drafted; default all but drafted."),
        ["deliveryState"] = ("state", JsonSchemaType.String, "pending, delivered or failed."),
        ["followUpState"] = ("state", JsonSchemaType.String, "scheduled, blocked, sent or cancelled."),
        ["mode"] = ("mode", JsonSchemaType.String, "all (default) takes every calendar, due those whose staleAt has come."),
        ["cronLimit"] = ("limit", JsonSchemaType.Integer, "Calendars per run, 0 to 10000000; 0 disables the run."),
        ["timeBudgetMs"] = ("timeBudgetMs", JsonSchemaType.Integer, "Budget of the run, 1000 to 600000."),
        ["dryRun"] = ("dryRun", JsonSchemaType.Boolean, "true looks at everything and changes nothing; default false."),
        ["firstTouchBudgetMs"] = ("timeBudgetMs", JsonSchemaType.Integer, "The run ends within this, 5000 to 600000; default 45000."),
        ["concurrency"] = ("concurrency", JsonSchemaType.Integer, "Fetches at once, 1 to 200; default automatic."),
    };

    /// <summary>Parts of the contract in the order in which a reader meets them; the first whose words all stand in a path is its part.</summary>
    private static readonly (string Name, string[] Words)[] Groups =
    [
        ("Agents", ["/v1/agent/"]),
        ("Agents", ["/mcp"]),
        ("Agents", ["/voice-line"]),
        ("Reading", ["/slots"]),
        ("Reading", ["/refresh"]),
        ("Holding and booking", ["/hold"]),
        ("Holding and booking", ["/booking"]),
        ("Offering", ["/offers"]),
        ("Leads", ["/leads"]),
        ("Follow-ups", ["/follow-ups"]),
        ("Follow-ups", ["/delivery-secret"]),
        ("Workspaces and calendars", ["/v1/workspaces"]),
        ("Workspaces and calendars", ["/v1/event-types"]),
        ("Import and export", ["port"]),
        ("Outgoing webhooks", ["/v1/", "/webhooks"]),
        ("Outgoing webhooks", ["/v1/deliveries"]),
        ("Agencies and keys", ["/v1/agencies"]),
        ("Agencies and keys", ["/v1/keys"]),
        ("Agencies and keys", ["/v1/session"]),
        ("Connections", ["/v1/connections"]),
        ("Webhooks", ["/webhooks"]),
        ("Cron", ["/api/cron"]),
        ("Audit", ["/v1/audit"]),
        ("Operation", []),
    ];

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(DescribeDocumentAsync);
        options.AddOperationTransformer(DescribeOperationAsync);
    }

    private static Task DescribeDocumentAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Slotkeeper",
            Version = "v1",
            Description = "Keeps every workspace's bookable times true, and books each of them once. Errors are application/problem+json with a stable code.",
        };
        // Where it is reached is the reader's matter: behind a proxy the server does not know.
        document.Servers = [];
        document.Tags = new HashSet<OpenApiTag>(Groups.Select(group => group.Name).Distinct()
            .Where(name => document.Paths.Keys.Any(path => GroupOf(path) == name))
            .Select(name => new OpenApiTag { Name = name }));
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key." },
            [CronScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The value of the setting CRON_SECRET." },
            [SignatureScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Cal-Signature-256",
                Description = "The provider's signature over the raw body, in the provider's own header: X-Cal-Signature-256, Calendly-Webhook-Signature, X-HubSpot-Signature-v3 or X-GHL-Signature.",
            },
            [CronHeaderScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "x-cron-secret", Description = "The value of the setting CRON_SECRET.",
            },
        };
        return Task.CompletedTask;
    }

    private static string GroupOf(string path) =>
        Groups.First(group => group.Words.All(word => path.Contains(word, StringComparison.Ordinal))).Name;

    private static async Task DescribeOperationAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var path = "/" + (context.Description.RelativePath ?? "");
        var access = metadata.OfType<RouteAccess>().LastOrDefault();
        var notes = metadata.OfType<RouteNotes>().LastOrDefault();
        var body = metadata.OfType<RouteBody>().LastOrDefault();
        var file = metadata.OfType<RouteFile>().LastOrDefault();
        operation.Summary = notes?.Summary;
        operation.Description = notes?.Description;
        operation.OperationId = OperationId(context.Description.HttpMethod ?? "", path);
        operation.Tags = new HashSet<OpenApiTagReference> { new(GroupOf(path), context.Document) };
        AddParameters(operation, notes, path);

        if (body is not null)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [Json] = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(body.Type, null, cancellationToken) },
                },
            };
        }
        if (file is not null)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = file.Types.ToDictionary(
                    type => type,
                    _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
                    StringComparer.Ordinal),
            };
        }
        if (access is not null && notes is not null)
            await AddRefusalsAsync(operation, access, notes, body is not null || file is not null, path, context, cancellationToken);
        Secure(operation, access, context.Document!);
    }

    private static void AddParameters(OpenApiOperation operation, RouteNotes? notes, string path)
    {
        operation.Parameters ??= [];
        foreach (var segment in path.Split('/').Where(segment => segment.StartsWith('{')))
        {
            var name = segment.Trim('{', '}');
            if (operation.Parameters.All(parameter => parameter.Name != name))
                operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }
        foreach (var key in notes?.Parameters ?? [])
        {
            var (name, type, description) = Parameters[key];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = key is IdempotencyKey or OptionalIdempotencyKey ? ParameterLocation.Header : ParameterLocation.Query,
                Description = description,
                Required = key is "start" or IdempotencyKey,
                Schema = new OpenApiSchema { Type = type },
            });
        }
    }

    private static async Task AddRefusalsAsync(
        OpenApiOperation operation, RouteAccess access, RouteNotes notes, bool hasBody, string path, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var refusals = new SortedDictionary<int, SortedSet<string>>();
        var isOpen = access.IsForAnybody;
        var isCron = access.IsForCron;
        if (!isOpen)
        {
            Add(429, "rate_limited");
            Add(503, "overloaded");
            Add(503, "starting");
            Add(503, "storage_unavailable");
            Add(500, "internal");
        }
        if (access.IsForProviders)
        {
            Add(401, "invalid_signature");
            Add(413, "payload_too_large");
        }
        else if (!isOpen && !isCron)
            Add(401, "unauthenticated");
        if (!isOpen && !isCron && !access.IsForProviders && (access.Callers & Callers.Everyone) != Callers.Everyone)
            Add(403, "forbidden");
        if (hasBody)
        {
            Add(400, "malformed_json");
            Add(413, "payload_too_large");
            Add(415, "unsupported_media_type");
        }
        if (hasBody || notes.Parameters.Count > 0 || path.Contains("{source}", StringComparison.Ordinal) || (path.Contains("{provider}", StringComparison.Ordinal) && !access.IsForProviders))
            Add(400, "invalid_request");
        if ((path.Contains('{', StringComparison.Ordinal) && !access.IsForProviders) || notes.Parameters.Any(name => name is "agencyId" or "importAgencyId"))
            Add(404, "not_found");
        foreach (var (status, codes) in notes.Refusals)
        {
            foreach (var code in codes.Split(", "))
                Add(status, code);
        }
        if (refusals.Count == 0)
            return;
        var schema = await context.GetOrCreateSchemaAsync(typeof(ProblemBody), null, cancellationToken);
        context.Document!.AddComponent("Problem", schema);
        operation.Responses ??= [];
        foreach (var (status, codes) in refusals)
        {
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join(", ", codes),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [Refusal.ContentType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("Problem", context.Document) },
                },
            };
        }

        void Add(int status, string code)
        {
            if (!refusals.TryGetValue(status, out var codes))
                refusals[status] = codes = new SortedSet<string>(StringComparer.Ordinal);
            codes.Add(code);
        }
    }

    private static void Secure(OpenApiOperation operation, RouteAccess? access, OpenApiDocument document)
    {
        if (access is null || access.IsForAnybody)
            return;
        if (access.IsForCron)
        {
            operation.Security = [Needs(CronScheme), Needs(CronHeaderScheme)];
            return;
        }
        if (access.IsForProviders)
        {
            operation.Security = [Needs(SignatureScheme)];
            return;
        }
        operation.Security = [Needs(KeyScheme)];
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
        operation.Extensions["x-roles"] = new JsonNodeExtension(new JsonArray(
            [.. Enum.GetValues<Slotkeeper.Workspaces.Role>().Where(access.Allows).Select(role => (JsonNode)role.ToName())]));

        OpenApiSecurityRequirement Needs(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
    }

    /// <summary>A stable name for generated clients, such as <c>getV1WorkspacesById</c>.</summary>
    private static string OperationId(string method, string path) => method.ToLowerInvariant() + string.Concat(
        path.Split(['/', '-', '.'], StringSplitOptions.RemoveEmptyEntries).Select(segment => segment.StartsWith('{')
            ? "By" + Capital(segment.Trim('{', '}'))
            : Capital(segment)));

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>The form of every error.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Errors">Faults by field.</param>
/// <param name="InvocationId">Of a run that broke.</param>
/// <param name="Reason">A provider's, as a stable word.</param>
/// <param name="RetryAt">When a provider may be asked again.</param>
/// <param name="Alternatives">Free times instead of one that is taken.</param>
internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Code, string TraceId, IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors, string? InvocationId,
    string? Reason, DateTimeOffset? RetryAt, IReadOnlyList<Slotkeeper.Reading.Alternative>? Alternatives);
