using System.Buffers;
using System.Text.Json;

namespace Slotkeeper.Sandbox;

/// <summary>Writes the body of one event.</summary>
internal static class WebhookJson
{
    public static WebhookEvent Event(string name, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return new WebhookEvent(name, buffer.WrittenSpan.ToArray());
    }
}
