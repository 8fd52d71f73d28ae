namespace Slotkeeper.Sandbox;

/// <summary>The providers whose contracts the sandbox speaks.</summary>
public enum SandboxProvider
{
    Calendly,
    HubSpot,
    HighLevel,
    CalCom,
}
