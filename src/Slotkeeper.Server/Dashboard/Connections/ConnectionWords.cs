namespace Slotkeeper.Server.Dashboard.Connections;

/// <summary>States of connections and their webhooks, as <see cref="Api.HealthBody"/> names them, in words for people.</summary>
internal static class ConnectionWords
{
    /// <summary>ok, warn, bad or idle.</summary>
    public static string KindOf(string? state) => state switch
    {
        "closed" => "ok",
        "half_open" or "paused" => "warn",
        "open" or null => "bad",
        _ => "idle",
    };

    public static string Of(string? state) => state switch
    {
        "closed" => "Calls go through",
        "half_open" => "One call is tried",
        "paused" => "Provider asked to wait",
        "open" => "Failing, not called",
        null => "Credential cannot be opened",
        _ => state,
    };

    public static string WebhookKindOf(string? state) => state switch
    {
        "registered" => "ok",
        "manual" or "unsupported" or null => "idle",
        "silent" => "warn",
        _ => "bad",
    };

    public static string OfWebhooks(string? state) => state switch
    {
        "registered" => "Registered",
        "manual" => "Set up by hand",
        "unsupported" => "None to be had",
        "silent" => "Silent",
        "failed" => "Not registered",
        null => "Not registered yet",
        _ => state,
    };
}
