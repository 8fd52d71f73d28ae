namespace Slotkeeper.Providers.Webhooks;

/// <summary>What asking a provider about one of its webhooks to us came to.</summary>
public abstract record WebhookResult
{
    private WebhookResult()
    {
    }

    /// <summary>It is there and sends.</summary>
    public sealed record Active(string SubscriptionId) : WebhookResult;

    /// <summary>It is there but sends nothing: the provider gave it up, or somebody switched it off. Registering again mends it.</summary>
    public sealed record Silent(string SubscriptionId, string Detail) : WebhookResult;

    /// <summary>There is none, or none any more.</summary>
    public sealed record Absent : WebhookResult;

    /// <summary>The provider has no such call, or its plan lacks it: it is set up by hand there.</summary>
    public sealed record Cannot(string Detail) : WebhookResult;

    /// <summary>The credential may not do it, or is no longer good: it is of no use to try again before that is changed.</summary>
    public sealed record Denied(string Detail) : WebhookResult;

    /// <summary>It did not work out; trying again later does no harm.</summary>
    public sealed record Failed(string Detail) : WebhookResult;
}
