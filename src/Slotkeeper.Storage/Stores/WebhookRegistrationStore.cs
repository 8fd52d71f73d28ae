using Slotkeeper.Calendars;
using Slotkeeper.Storage.Sql;

namespace Slotkeeper.Storage.Stores;

internal sealed class WebhookRegistrationStore(Database database) : IWebhookRegistrationStore
{
    private const string Columns = "connection_id, state, since, fingerprint, url, subscription_id, error, failures, next_at";

    public Task<IReadOnlyList<WebhookRegistration>> ListAsync(string? firstConnectionId, string? lastConnectionId, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<WebhookRegistration>>(
            async session => await session.QueryAsync(
                $"SELECT {Columns} FROM webhook_registrations WHERE {WebhookSourceStore.Between}",
                (ref Row row) => new WebhookRegistration(
                    row.Text(), ToState(row.Text()), row.Instant(), row.Bytes(), row.Text(), row.TextOrNull(), row.TextOrNull(), row.Int(), row.Instant()),
                ("first", firstConnectionId ?? ""), ("last", lastConnectionId ?? WebhookSourceStore.AfterAll)),
            cancellationToken);

    public Task<bool> SaveAsync(WebhookRegistration registration, Connection madeWith, CancellationToken cancellationToken) => database.WriteForAllAsync(
        async session =>
        {
            (string, object?)[] arguments =
            [
                ("id", registration.ConnectionId), ("state", ToText(registration.State)), ("since", registration.Since), ("fingerprint", registration.Fingerprint),
                ("url", registration.Url), ("subscription", registration.SubscriptionId), ("error", registration.Error), ("failures", registration.Failures),
                ("next", registration.NextAt),
            ];
            var isSame = await session.NumberAsync(
                "SELECT 1 FROM connections WHERE id = @id AND sealed_credential = @credential AND COALESCE(base_url, '') = @base [[FOR UPDATE]]",
                ("id", madeWith.Id), ("credential", madeWith.SealedCredential), ("base", madeWith.BaseUrl ?? "")) is not null;
            if (isSame)
            {
                await session.ExecuteAsync(
                    $"""
                    INSERT INTO webhook_registrations ({Columns})
                    VALUES (@id, @state, @since, @fingerprint, @url, @subscription, @error, @failures, @next)
                    ON CONFLICT (connection_id) DO UPDATE
                    SET state = @state, since = @since, fingerprint = @fingerprint, url = @url, subscription_id = @subscription, error = @error,
                      failures = @failures, next_at = @next
                    """,
                    arguments);
            }
            else if (registration.SubscriptionId is { } subscription)
            {
                await session.ExecuteAsync(
                    """
                    INSERT INTO former_webhooks (connection_id, subscription_id, provider, agency_id, sealed_credential, base_url, failures, left_at, next_at)
                    VALUES (@id, @subscription, @provider, @agency, @credential, @url, 0, {now}, 0)
                    ON CONFLICT (connection_id, subscription_id) DO NOTHING
                    """,
                    ("id", madeWith.Id), ("subscription", subscription), ("provider", madeWith.Provider.ToName()), ("agency", madeWith.AgencyId), ("credential", madeWith.SealedCredential), ("url", madeWith.BaseUrl));
            }
            return isSame;
        },
        cancellationToken);

    public Task<IReadOnlyList<FormerWebhook>> ListFormerAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        database.ReadForAllAsync<IReadOnlyList<FormerWebhook>>(
            async session => await session.QueryAsync(
                """
                SELECT connection_id, subscription_id, provider, agency_id, sealed_credential, base_url, failures, left_at
                FROM former_webhooks WHERE next_at <= @now ORDER BY next_at LIMIT @limit
                """,
                (ref Row row) => new FormerWebhook(row.Text(), row.Text(), CalendarRows.ToProvider(row.Text()), row.TextOrNull(), row.Bytes(), row.TextOrNull(), row.Int(), row.Instant()),
                ("now", now), ("limit", limit)),
            cancellationToken);

    public Task RetryFormerAsync(FormerWebhook former, DateTimeOffset nextAt, CancellationToken cancellationToken) => database.WriteForAllAsync(
        session => session.ExecuteAsync(
            "UPDATE former_webhooks SET failures = failures + 1, next_at = @next WHERE connection_id = @id AND subscription_id = @subscription",
            ("id", former.ConnectionId), ("subscription", former.SubscriptionId), ("next", nextAt)),
        cancellationToken);

    public Task ForgetFormerAsync(FormerWebhook former, CancellationToken cancellationToken) => database.WriteForAllAsync(
        session => session.ExecuteAsync(
            "DELETE FROM former_webhooks WHERE connection_id = @id AND subscription_id = @subscription",
            ("id", former.ConnectionId), ("subscription", former.SubscriptionId)),
        cancellationToken);

    private static string ToText(RegistrationState state) => state switch
    {
        RegistrationState.Registered => "registered",
        RegistrationState.Unsupported => "unsupported",
        RegistrationState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    private static RegistrationState ToState(string text) => text switch
    {
        "registered" => RegistrationState.Registered,
        "unsupported" => RegistrationState.Unsupported,
        "failed" => RegistrationState.Failed,
        _ => throw new InvalidOperationException($"No such state of a registration: {text}."),
    };
}
