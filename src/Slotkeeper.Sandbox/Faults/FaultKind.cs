namespace Slotkeeper.Sandbox;

/// <summary>The ways in which an answer can go wrong.</summary>
public enum FaultKind
{
    /// <summary>429, with <see cref="Fault.RetryAfter"/> as seconds or date, or without.</summary>
    RateLimited,

    /// <summary><see cref="Fault.Status"/>, by default 503. 500 has the provider's error body, others a proxy's HTML page.</summary>
    ServerError,

    /// <summary>The connection is reset before any byte of the answer.</summary>
    ConnectionReset,

    /// <summary>The connection is reset after half of the body.</summary>
    ResetMidBody,

    /// <summary>The request is taken and never answered.</summary>
    Hang,

    /// <summary>The right answer, <see cref="Fault.BytesPerSecond"/> at a time.</summary>
    Drip,

    /// <summary>The right answer, <see cref="Fault.Delay"/> late.</summary>
    Slow,

    /// <summary>200 with an HTML page.</summary>
    HtmlPage,

    /// <summary>The right shape without any slot.</summary>
    Empty,

    /// <summary>JSON that ends in the middle.</summary>
    TruncatedJson,

    /// <summary>JSON whose values have other types.</summary>
    WrongTypes,

    /// <summary>HubSpot: the month <see cref="Fault.MonthOffset"/> fails with 500. Others: the second half of the slots is missing.</summary>
    PartialAnswer,

    /// <summary>200 whose body reports an error.</summary>
    ErrorInside200,

    /// <summary>A body of <see cref="Fault.BodyBytes"/> bytes.</summary>
    Oversize,

    /// <summary>A small gzip body that unpacks to <see cref="Fault.BodyBytes"/> bytes, sent whether or not the client accepts gzip.</summary>
    GzipBomb,

    /// <summary>One start in the middle is <see cref="Fault.BadValue"/>.</summary>
    BadSlot,

    /// <summary>The right body as text/plain.</summary>
    WrongContentType,

    /// <summary>401 in the provider's shape.</summary>
    Unauthorized,

    /// <summary>403 in the provider's shape.</summary>
    Forbidden,

    /// <summary>404 in the provider's shape.</summary>
    NotFound,

    /// <summary>Starts of the last hours come before the right ones.</summary>
    PastSlots,

    /// <summary>Latest first, every fifth start twice.</summary>
    DuplicateUnsorted,

    /// <summary>Calendly's public answer lists every seventh spot as unavailable.</summary>
    UnavailableSpots,

    /// <summary>302 to <see cref="Fault.RedirectTo"/>.</summary>
    Redirect,

    /// <summary>Bookings: what was asked for is done, then the connection is reset.</summary>
    ReplyLost,

    /// <summary>Bookings: what was asked for is done, then <see cref="Fault.Delay"/> passes before the answer.</summary>
    SlowReply,

    /// <summary>Bookings: it is done only after <see cref="Fault.Delay"/>, even if the client has gone by then.</summary>
    SlowCommit,

    /// <summary>Bookings: what was asked for is done, and the answer is <see cref="Fault.Status"/>.</summary>
    ErrorAfterCommit,

    /// <summary>Bookings: a create or reschedule is refused as taken, whatever the truth, in <see cref="Fault.TakenForm"/>.</summary>
    Taken,

    /// <summary>Bookings: a create or reschedule is not checked against other bookings, busy times or holds.</summary>
    DoubleBooking,

    /// <summary>HubSpot: a create is answered with 200 and isOffline, and nothing is put on a calendar.</summary>
    Offline,
}

/// <summary>How a provider says that a slot is taken.</summary>
public enum TakenForm
{
    /// <summary>As the calendar's provider and kind would.</summary>
    Usual,

    /// <summary>Cal.com: 400, the text for one user.</summary>
    OneUser,

    /// <summary>Cal.com: 400, the text for a team.</summary>
    OneOfTheHosts,

    /// <summary>Cal.com: 400 no_available_users_found_error.</summary>
    NoAvailableUsers,

    /// <summary>Cal.com: 400 fixed_hosts_unavailable_for_booking.</summary>
    FixedHosts,

    /// <summary>Cal.com and HubSpot: 409.</summary>
    Conflict,

    /// <summary>HubSpot: the sub-category for a start outside the availability.</summary>
    StartTimeNotValid,

    /// <summary>HighLevel: 422.</summary>
    Unprocessable,
}

/// <summary>Which requests a fault may hit.</summary>
public enum FaultScope
{
    /// <summary>Requests for free slots.</summary>
    Slots,

    /// <summary>Everything before them: lookups, booking pages, lists.</summary>
    Lookups,

    /// <summary>Creating, cancelling and rescheduling; <see cref="Fault.Call"/> picks one of them.</summary>
    Bookings,

    /// <summary>Looking bookings up.</summary>
    BookingLookups,

    /// <summary>Cal.com's reservations.</summary>
    Holds,

    /// <summary>Registering webhooks.</summary>
    Webhooks,

    Any,
}

/// <summary>The calls that change a booking.</summary>
public enum BookingCall
{
    Create,
    Cancel,
    Reschedule,
}

/// <summary>How a 429 says when to come back.</summary>
public enum RetryAfterForm
{
    Seconds,
    HttpDate,
    Missing,
}
