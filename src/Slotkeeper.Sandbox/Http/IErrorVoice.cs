namespace Slotkeeper.Sandbox.Http;

/// <summary>How somebody says that something is wrong.</summary>
internal interface IErrorVoice
{
    /// <summary>An error body in the provider's shape.</summary>
    void WriteError(Exchange exchange, int status, string detail);

    /// <summary>A body with the right outline and values of other types.</summary>
    ReadOnlySpan<byte> WrongTypes(Exchange exchange);
}
