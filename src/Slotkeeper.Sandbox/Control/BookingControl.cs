using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Slotkeeper.Sandbox.Control;

/// <summary>The part of the sandbox's own calls that is about bookings and webhooks: somebody else books, and what is told to whom.</summary>
internal sealed class BookingControl(SandboxWorld world, BookingLedger ledger, SandboxWebhooks webhooks)
{
    /// <summary>False for a call that is not of these.</summary>
    public async Task<bool> TryAnswer(HttpContext http, string call)
    {
        Func<HttpContext, Task>? handler = call switch
        {
            "GET /_sandbox/bookings" => List,
            "POST /_sandbox/bookings" => Book,
            "POST /_sandbox/bookings/cancel" => Cancel,
            "POST /_sandbox/bookings/reschedule" => Reschedule,
            "GET /_sandbox/webhooks" => Webhooks,
            "POST /_sandbox/webhooks" => Subscribe,
            "DELETE /_sandbox/webhooks" => Unsubscribe,
            "PUT /_sandbox/webhooks/conduct" => SetConduct,
            "POST /_sandbox/webhooks/drain" => Drain,
            _ => null,
        };
        if (handler is null)
            return false;
        await handler(http);
        return true;
    }

    private Task Webhooks(HttpContext http) => ControlPlane.Write(
        http, 200, new { webhooks.Subscriptions, webhooks.Conduct, webhooks.HighLevelPublicKey, deliveries = webhooks.Deliveries.TakeLast(1_000) });

    private Task List(HttpContext http)
    {
        var found = ControlPlane.Optional(http, "reference") is { } reference ? ledger.WithReference(reference) : ledger.All;
        if (ControlPlane.Optional(http, "provider") is not null)
        {
            var provider = ControlPlane.Provider(http);
            found = [.. found.Where(booking => booking.Provider == provider)];
        }

        if (ControlPlane.Optional(http, "calendar") is { } name)
        {
            if (world.Find(ControlPlane.Provider(http), name) is not { } calendar)
                return ControlPlane.NoCalendar(http);
            found = [.. found.Where(booking => booking.Calendar == calendar.Index)];
        }

        return ControlPlane.Optional(http, "reference") is { } marked
            ? ControlPlane.Write(http, 200, new { creates = ledger.CreatesOf(marked), attempts = ledger.AttemptsOf(marked), bookings = found })
            : ControlPlane.Write(http, 200, new { bookings = found });
    }

    private async Task Book(HttpContext http)
    {
        var wish = await ControlPlane.Read<Wish>(http);
        if (world.Find(wish.Provider, wish.Calendar ?? "") is not { } calendar)
            await ControlPlane.NoCalendar(http);
        else
            await Answer(http, 201, ledger.BookInPage(calendar, wish.Start ?? throw new FormatException("start is missing."), wish.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null));
    }

    private async Task Cancel(HttpContext http)
    {
        var wish = await ControlPlane.Read<Wish>(http);
        await Answer(http, 200, ledger.CancelInPage(wish.Provider, wish.Id ?? throw new FormatException("id is missing."), wish.Reason ?? "cancelled in the page"));
    }

    private async Task Reschedule(HttpContext http)
    {
        var wish = await ControlPlane.Read<Wish>(http);
        await Answer(http, 200, ledger.RescheduleInPage(wish.Provider, wish.Id ?? throw new FormatException("id is missing."), wish.Start ?? throw new FormatException("start is missing.")));
    }

    private static Task Answer(HttpContext http, int done, BookingOutcome outcome) => ControlPlane.Write(
        http,
        outcome.Verdict switch { BookingVerdict.Done => done, BookingVerdict.Unknown => 404, _ => 409 },
        new { outcome.Verdict, outcome.Booking });

    private async Task Subscribe(HttpContext http)
    {
        var wish = await ControlPlane.Read<Subscription>(http);
        await ControlPlane.Write(http, 201, webhooks.Subscribe(wish.Provider, wish.AccountOrCalendar, wish.Url, wish.Secret));
    }

    private Task Unsubscribe(HttpContext http)
    {
        var removed = webhooks.Unsubscribe(long.Parse(ControlPlane.Needed(http, "id"), NumberStyles.None, CultureInfo.InvariantCulture));
        return ControlPlane.Write(http, removed ? 200 : 404, new { removed });
    }

    private async Task SetConduct(HttpContext http)
    {
        webhooks.Conduct = await ControlPlane.Read<WebhookConduct>(http);
        await ControlPlane.Write(http, 200, webhooks.Conduct);
    }

    private async Task Drain(HttpContext http)
    {
        await webhooks.DrainAsync(http.RequestAborted);
        await ControlPlane.Write(http, 200, new { drained = true });
    }

    private sealed record Wish
    {
        public required SandboxProvider Provider { get; init; }

        /// <summary>Index, link, slug or any id.</summary>
        public string? Calendar { get; init; }

        /// <summary>Uid, seat or number of a booking.</summary>
        public string? Id { get; init; }

        public DateTimeOffset? Start { get; init; }

        public int? Minutes { get; init; }

        public string? Reason { get; init; }
    }

    private sealed record Subscription
    {
        public required SandboxProvider Provider { get; init; }

        public string? AccountOrCalendar { get; init; }

        public required Uri Url { get; init; }

        public string Secret { get; init; } = "";
    }
}
