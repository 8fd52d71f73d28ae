using System.Diagnostics;
using OpenTelemetry;

namespace Slotkeeper.Server.Operation;

/// <summary>
/// Takes paths out of traces before they are exported: addresses that users give may hold a token in theirs, and ours may name a lead. What was called is still seen by
/// host, and by route.
/// </summary>
internal sealed class TraceRedaction : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.full") is string full)
            data.SetTag("url.full", Uri.TryCreate(full, UriKind.Absolute, out var address) ? address.GetLeftPart(UriPartial.Authority) : null);
        if (data.GetTagItem("url.path") is not null)
            data.SetTag("url.path", data.GetTagItem("http.route"));
        if (data.GetTagItem("url.query") is not null)
            data.SetTag("url.query", null);
    }
}
