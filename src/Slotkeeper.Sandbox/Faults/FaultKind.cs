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
}

/// <summary>Which requests a fault may hit.</summary>
public enum FaultScope
{
    /// <summary>Requests for free slots.</summary>
    Slots,

    /// <summary>Everything before them: lookups, booking pages, lists.</summary>
    Lookups,

    Any,
}

/// <summary>How a 429 says when to come back.</summary>
public enum RetryAfterForm
{
    Seconds,
    HttpDate,
    Missing,
}
