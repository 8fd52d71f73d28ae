using Microsoft.Extensions.Options;

namespace Slotkeeper.Sandbox;

/// <summary>One fault: what goes wrong, for whom, how often.</summary>
public sealed record Fault
{
    private readonly FaultScope? scope;

    public Fault()
    {
    }

    public Fault(FaultKind kind) => Kind = kind;

    /// <summary>Given by the board; 0 before.</summary>
    public long Id { get; init; }

    public FaultKind Kind { get; init; }

    /// <summary>Null for all providers.</summary>
    public SandboxProvider? Provider { get; init; }

    /// <summary>Index of one calendar of <see cref="Provider"/>; null for all.</summary>
    public int? Calendar { get; init; }

    /// <summary>Requests that name any calendar of one account; null for all requests.</summary>
    public int? Agency { get; init; }

    /// <summary>Default <see cref="FaultScope.Bookings"/> for the kinds that only bookings know, else <see cref="FaultScope.Slots"/>.</summary>
    public FaultScope Scope
    {
        get => scope ?? (Kind >= FaultKind.ReplyLost ? FaultScope.Bookings : FaultScope.Slots);
        init => scope = value;
    }

    /// <summary>In <see cref="FaultScope.Bookings"/>: null for all of its calls.</summary>
    public BookingCall? Call { get; init; }

    /// <summary>Share of the matching requests that are hit, drawn from the seed. Default 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>How many requests are hit before the fault ends; null until it is removed.</summary>
    public int? Times { get; init; }

    /// <summary><see cref="FaultKind.ServerError"/> and <see cref="FaultKind.ErrorAfterCommit"/>: default 503.</summary>
    public int Status { get; init; } = 503;

    /// <summary><see cref="FaultKind.RateLimited"/>: default 10 seconds.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    public RetryAfterForm RetryAfterForm { get; init; } = RetryAfterForm.Seconds;

    /// <summary><see cref="FaultKind.Slow"/>, <see cref="FaultKind.SlowReply"/> and <see cref="FaultKind.SlowCommit"/>: default 5 seconds.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><see cref="FaultKind.Drip"/>: default 1.</summary>
    public int BytesPerSecond { get; init; } = 1;

    /// <summary><see cref="FaultKind.Oversize"/> and <see cref="FaultKind.GzipBomb"/>: default 256 MiB.</summary>
    public long BodyBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary><see cref="FaultKind.PartialAnswer"/> at HubSpot: default 1, the second month.</summary>
    public int MonthOffset { get; init; } = 1;

    /// <summary><see cref="FaultKind.BadSlot"/>.</summary>
    public string BadValue { get; init; } = "not-a-time";

    /// <summary><see cref="FaultKind.Redirect"/>: default another loopback address where nothing listens.</summary>
    public string RedirectTo { get; init; } = "http://127.0.0.2:9/";

    /// <summary><see cref="FaultKind.Taken"/>. A form that the provider does not have is as <see cref="TakenForm.Usual"/>.</summary>
    public TakenForm TakenForm { get; init; }

    /// <summary>A fault for one calendar.</summary>
    public static Fault For(SandboxCalendar calendar, FaultKind kind) => new(kind) { Provider = calendar.Provider, Calendar = calendar.Index };

    /// <exception cref="OptionsValidationException">A value is outside its range; the message names it.</exception>
    public void Validate()
    {
        Check(Enum.IsDefined(Kind), nameof(Kind), Kind, string.Join(", ", Enum.GetNames<FaultKind>()));
        Check(Enum.IsDefined(Scope), nameof(Scope), Scope, string.Join(", ", Enum.GetNames<FaultScope>()));
        Check(Call is null || (Enum.IsDefined(Call.Value) && Scope is FaultScope.Bookings or FaultScope.Any), nameof(Call), Call, "given only for the scope Bookings");
        Check(Enum.IsDefined(TakenForm), nameof(TakenForm), TakenForm, string.Join(", ", Enum.GetNames<TakenForm>()));
        Check(Calendar is null || Provider is not null, nameof(Calendar), Calendar, "given together with a provider");
        Check(Rate is >= 0 and <= 1, nameof(Rate), Rate, "between 0 and 1");
        Check(Times is null or > 0, nameof(Times), Times, "1 or more, or absent");
        Check(Status is >= 400 and <= 599, nameof(Status), Status, "between 400 and 599");
        Check(RetryAfter >= TimeSpan.Zero, nameof(RetryAfter), RetryAfter, "zero or more");
        Check(Delay >= TimeSpan.Zero && Delay <= TimeSpan.FromDays(1), nameof(Delay), Delay, "between zero and a day");
        Check(BytesPerSecond is > 0 and <= 1_000_000, nameof(BytesPerSecond), BytesPerSecond, "between 1 and 1000000");
        Check(BodyBytes is > 0 and <= 16L * 1024 * 1024 * 1024, nameof(BodyBytes), BodyBytes, "between 1 and 16 GiB");
        Check(MonthOffset is >= 0 and <= 12, nameof(MonthOffset), MonthOffset, "between 0 and 12");
    }

    private static void Check(bool holds, string name, object? value, string range)
    {
        if (!holds)
            throw new OptionsValidationException(name, typeof(Fault), [$"{name} is {value}; it must be {range}."]);
    }
}
