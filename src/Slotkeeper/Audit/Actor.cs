using Slotkeeper.Workspaces;

namespace Slotkeeper.Audit;

/// <summary>What kind of party changes something.</summary>
public enum ActorKind
{
    /// <summary>The bearer of an API key.</summary>
    Key,

    /// <summary>An outside schedule, by a cron route.</summary>
    Cron,

    /// <summary>A provider, by a signed webhook.</summary>
    Provider,

    /// <summary>Nobody asked: a part of the program that works by itself.</summary>
    System,
}

/// <summary>Who changes something, and from where. Stores read <see cref="Current"/> when they write down what was changed.</summary>
/// <param name="Kind">What kind of party.</param>
/// <param name="Id">The key's id or <see cref="SettingsKey"/>; the name of the cron route; the connection's id; the name of the part of the program.</param>
/// <param name="Role">Of the key; null without one.</param>
/// <param name="AgencyId">Of the key or connection; null where there is none.</param>
/// <param name="Address">The client's network address, as this process sees it; null where nobody called.</param>
/// <param name="UserAgent">What the client calls itself, shortened; null where it does not say.</param>
public sealed record Actor(ActorKind Kind, string Id, Role? Role = null, string? AgencyId = null, string? Address = null, string? UserAgent = null)
{
    /// <summary>The id of the admin key that comes from the settings and has no row.</summary>
    public const string SettingsKey = "SLOTKEEPER_ADMIN_KEY";

    private static readonly AsyncLocal<Actor?> Ambient = new();
    private static readonly Actor Unnamed = new(ActorKind.System, "slotkeeper");

    /// <summary>Who acts in this flow of control. Set once where a request, a webhook or a worker begins; it follows into everything that is awaited from there.</summary>
    public static Actor Current
    {
        get => Ambient.Value ?? Unnamed;
        set => Ambient.Value = value;
    }

    /// <summary>A part of the program that works by itself.</summary>
    public static Actor Worker(string name) => new(ActorKind.System, name);
}
