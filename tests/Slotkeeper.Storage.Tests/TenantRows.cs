using System.Globalization;

namespace Slotkeeper.Storage.Tests;

/// <summary>One row of an agency in every table that has any, written past the program. Each text of it holds the canary.</summary>
/// <param name="Letter">Tells the agencies apart.</param>
internal sealed record TenantRows(char Letter)
{
    /// <summary>Tables whose rows belong to one agency.</summary>
    public static readonly IReadOnlyList<string> Owned =
    [
        "agencies", "workspaces", "api_keys", "connections", "workspace_calendars", "bookings", "booking_provider_ids", "booking_answers", "webhook_inbox", "webhook_registrations",
        "former_webhooks", "webhook_sources", "webhook_endpoints", "deliveries", "leads", "offers", "follow_ups", "workspace_secrets", "voice_lines", "calendars", "audit_chains", "audit_records",
    ];

    /// <summary>Tables that agencies share, or that are the system's.</summary>
    public static readonly IReadOnlyList<string> Shared = ["resources", "calendar_state", "snapshots", "claims", "leases", "runs", "installation_keys", "schema_steps", "sessions"];

    public string Canary => $"canary{Letter}";

    public string Agency => Id("agy");

    public string Workspace => Id("ws");

    public string Connection => Id("con");

    public string Calendar => Id("cal");

    public string Booking => Id("bkg");

    public string Endpoint => Id("whk");

    public string Delivery => Id("dlv");

    public string Offer => Id("ofr");

    public string FollowUp => Id("flw");

    public string Key => Id("key");

    public byte[] RequestHash => Numbered(7);

    public string Id(string kind) => $"{kind}_{Letter}";

    /// <param name="isPostgres">How bytes are written.</param>
    public string Sql(bool isPostgres)
    {
        var starts = Some.Monday.ToUnixTimeMilliseconds() * 1000;
        var ends = starts + 1_800_000_000L;
        return string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO agencies (id, name, weight, created_at) VALUES ('{Agency}', '{Canary}', 1, 1);
            INSERT INTO workspaces (id, agency_id, name, time_zone, locale, external_ref, settings, created_at) VALUES ('{Workspace}', '{Agency}', '{Canary}', 'UTC', 'en', 'ref', '{Settings()}', 1);
            INSERT INTO api_keys (id, agency_id, workspace_id, role, name, lookup_prefix, salt, hash, created_at) VALUES ('{Key}', '{Agency}', '{Workspace}', 'agent', '{Canary}', '{Canary}', {Bytes(1)}, {Bytes(2)}, 1);
            INSERT INTO connections (id, agency_id, provider, name, sealed_credential, sealed_webhook_secret, created_at) VALUES ('{Connection}', '{Agency}', 'calcom', '{Canary}', {Bytes(3)}, {Bytes(4)}, 1);
            INSERT INTO resources (id, key, capacity) VALUES ('{Id("res")}', {Bytes(5)}, 1);
            INSERT INTO calendars (id, key, provider, external_id, connection_id, resource_id) VALUES ('{Calendar}', {Bytes(6)}, 'calcom', '{Canary}', '{Connection}', '{Id("res")}');
            INSERT INTO workspace_calendars (workspace_id, source, agency_id, calendar_id) VALUES ('{Workspace}', 'default', '{Agency}', '{Calendar}');
            INSERT INTO calendar_state (calendar_id, epoch, failures, stale_at) VALUES ('{Calendar}', 1, 0, 0);
            INSERT INTO bookings (id, workspace_id, agency_id, calendar_id, resource_id, connection_id, provider, source, starts_at, ends_at, status, action, attendee, lead_id, request, reference,
              provider_booking_id, earlier_provider_ids, created_at, attempts, history)
              VALUES ('{Booking}', '{Workspace}', '{Agency}', '{Calendar}', '{Id("res")}', '{Connection}', 'calcom', 'default', {starts}, {ends}, 'confirmed', 'none', '{Attendee()}', 'lead', '{Text()}', '{Canary}', 'same', '[]', 1, 0, '[]');
            INSERT INTO booking_provider_ids (key, booking_id) VALUES ({Hash("same")}, '{Booking}');
            INSERT INTO booking_answers (tenant, route, key, request_hash, booking_id, status, body, created_at) VALUES ('{Agency}', 'route', 'key', {Bytes(7)}, '{Booking}', 201, '{Text()}', {starts});
            INSERT INTO claims (id, resource_id, seat, starts_at, ends_at, state, booking_id, calendar_id) VALUES ('{Id("clm")}', '{Id("res")}', 0, {starts}, {ends}, 'booked', '{Booking}', '{Calendar}');
            INSERT INTO webhook_inbox (connection_id, event_id, kind, payload, received_at, attempts, next_at) VALUES ('{Connection}', '{Canary}', 'kind', {Bytes(8)}, 1, 0, 1);
            INSERT INTO webhook_registrations (connection_id, state, since, fingerprint, url, failures, next_at) VALUES ('{Connection}', 'registered', 1, {Bytes(9)}, '{Canary}', 0, 1);
            INSERT INTO former_webhooks (connection_id, subscription_id, provider, sealed_credential, failures, left_at, next_at) VALUES ('{Connection}', '{Canary}', 'calcom', {Bytes(10)}, 0, 1, 1);
            INSERT INTO webhook_sources (connection_id, missed, usual) VALUES ('{Connection}', 0, 0);
            INSERT INTO webhook_endpoints (id, agency_id, url, events, sealed_secret, created_at) VALUES ('{Endpoint}', '{Agency}', 'https://{Canary}.example', ' booking.confirmed ', {Bytes(11)}, 1);
            INSERT INTO deliveries (id, endpoint_id, event_id, workspace_id, type, payload, state, attempts, created_at, next_at) VALUES ('{Delivery}', '{Endpoint}', '{Id("evt")}', '{Workspace}', 'booking.confirmed', '{Text()}', 'pending', 0, 1, 1);
            INSERT INTO leads (workspace_id, ref, email, email_key, name, updated_at) VALUES ('{Workspace}', 'lead', '{Canary}@example.com', 'same@example.com', '{Canary}', 1);
            INSERT INTO offers (id, workspace_id, agency_id, calendar_id, source, lead_id, starts_at, ends_at, label, style, locale, time_zone, channel, epoch, offered_at, state)
              VALUES ('{Offer}', '{Workspace}', '{Agency}', '{Calendar}', 'default', 'lead', {starts}, {ends}, '{Canary}', 'explicit_zone', 'en', 'UTC', 'mail', 1, 1, 'live');
            INSERT INTO follow_ups (id, workspace_id, agency_id, lead_id, due_at, template, channel, variables, source, state, next_at, version, attempts, created_at)
              VALUES ('{FollowUp}', '{Workspace}', '{Agency}', 'lead', {starts}, '{Canary}', 'mail', '{Text()}', 'default', 'scheduled', {starts}, 1, 0, 1);
            INSERT INTO workspace_secrets (workspace_id, sealed_secret, created_at) VALUES ('{Workspace}', {Bytes(12)}, 1);
            INSERT INTO audit_chains (chain, sequence, at, hash, pruned_sequence, pruned_hash) VALUES ('{Agency}', 1, 1, {Bytes(20)}, 0, {Bytes(21)});
            INSERT INTO audit_records (chain, sequence, at, actor_kind, actor_id, action, subject_type, subject_id, after, hash)
            VALUES ('{Agency}', 1, 1, 'key', '{Key}', 'workspace.created', 'workspace', '{Workspace}', '"{Canary}"', {Bytes(20)});
            INSERT INTO voice_lines (workspace_id, sealed_secret, phone_numbers, created_at) VALUES ('{Workspace}', {Bytes(13)}, '["{Canary}"]', 1);
            """);

        string Bytes(int number) => Blob(Numbered(number));

        string Hash(string text) => Blob(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

        string Blob(byte[] bytes) => isPostgres ? $"'\\x{Convert.ToHexStringLower(bytes)}'::bytea" : $"X'{Convert.ToHexStringLower(bytes)}'";
    }

    private byte[] Numbered(int number) => [.. Enumerable.Repeat((byte)number, 31), (byte)Letter];

    private string Text() => $$"""{"text":"{{Canary}}"}""";

    private string Attendee() => $$"""{"name":"{{Canary}}","email":"{{Canary}}@example.com"}""";

    private static string Settings() => System.Text.Json.JsonSerializer.Serialize(Slotkeeper.Workspaces.WorkspaceSettings.Defaults, System.Text.Json.JsonSerializerOptions.Web);
}
