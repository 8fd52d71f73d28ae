using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Slotkeeper.Calendars;
using Slotkeeper.Reading;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Api;

/// <summary>
/// Writes an answer of slots: a small head and tail around the list, which <see cref="Snapshots.FreeSlots.Render"/> holds ready.
/// </summary>
internal static class SlotsWriter
{
    /// <summary>More than the fixed names and the widest values take.</summary>
    private const int FixedLength = 1000;
    private const int TailLength = 128;

    public static void Write(HttpResponse response, in SlotAnswer answer)
    {
        var error = answer.Error is { } wrong ? JsonEncodedText.Encode(wrong.Message).EncodedUtf8Bytes : [];
        var most = FixedLength + error.Length + (answer.Workspace.Id.Length * 3);
        byte[]? rented = null;
        var head = most <= 2048 ? stackalloc byte[2048] : (rented = ArrayPool<byte>.Shared.Rent(most));
        Span<byte> tail = stackalloc byte[TailLength];
        var headLength = WriteHead(head, answer, error);
        var tailLength = WriteTail(tail, answer);
        var slots = answer.Slots is { } free ? free.Render(answer.First, answer.Count) : [];

        response.ContentType = "application/json";
        response.ContentLength = headLength + slots.Length + tailLength;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            var body = response.BodyWriter;
            body.Write(head[..headLength]);
            body.Write(slots);
            body.Write(tail[..tailLength]);
        }
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private static int WriteHead(Span<byte> target, in SlotAnswer answer, ReadOnlySpan<byte> error)
    {
        var line = new Line(target);
        var calendar = answer.Calendar?.Calendar;
        var state = answer.Slots?.Picture.State;
        line.Text("{\"workspaceId\":"u8, answer.Workspace.Id);
        line.Text(",\"calendarId\":"u8, calendar?.Id);
        line.Text(",\"source\":"u8, answer.Source.ToName());
        line.Text(",\"provider\":"u8, calendar?.Provider.ToName());
        line.Number(",\"durationMinutes\":"u8, calendar is null ? null : answer.Slots!.Picture.Snapshot is { } known ? known.DurationSeconds / 60 : calendar.DurationMinutes);
        line.Number(",\"epoch\":"u8, state?.Epoch);
        line.Instant(",\"asOf\":"u8, answer.AsOf);
        line.Number(",\"ageSeconds\":"u8, answer.Age is { } age ? (long)age.TotalSeconds : null);
        line.Instant(",\"staleAt\":"u8, answer.StaleAt);
        line.Raw(answer.Fresh ? ",\"fresh\":true"u8 : ",\"fresh\":false"u8);
        line.Instant(",\"lastAttemptAt\":"u8, state?.LastAttemptAt);
        if (answer.Error is { } wrong)
        {
            line.Text(",\"lastError\":{\"code\":"u8, wrong.Code);
            line.Raw(",\"message\":\""u8);
            line.Raw(error);
            line.Instant("\",\"since\":"u8, wrong.Since);
            line.Raw("}"u8);
        }
        else
        {
            line.Raw(",\"lastError\":null"u8);
        }
        line.Instant(",\"rangeStart\":"u8, answer.RangeStart);
        line.Instant(",\"rangeEnd\":"u8, answer.RangeEnd);
        line.Raw(",\"slots\":["u8);
        return line.Length;
    }

    private static int WriteTail(Span<byte> target, in SlotAnswer answer)
    {
        var line = new Line(target);
        line.Number("],\"removed\":{\"past\":"u8, answer.RemovedPast);
        line.Number(",\"claimed\":"u8, answer.RemovedClaimed);
        line.Number(",\"notice\":"u8, answer.RemovedNotice);
        line.Raw("}}"u8);
        return line.Length;
    }

    /// <summary>JSON written from left to right. Texts are ids and names of this program and need no escaping.</summary>
    private ref struct Line(Span<byte> target)
    {
        private readonly Span<byte> target = target;

        public int Length { get; private set; }

        public void Raw(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(target[Length..]);
            Length += bytes.Length;
        }

        public void Text(ReadOnlySpan<byte> name, string? value)
        {
            Raw(name);
            if (value is null)
            {
                Raw("null"u8);
                return;
            }
            target[Length++] = (byte)'"';
            Length += Encoding.ASCII.GetBytes(value, target[Length..]);
            target[Length++] = (byte)'"';
        }

        public void Number(ReadOnlySpan<byte> name, long? value)
        {
            Raw(name);
            if (value is not { } number)
            {
                Raw("null"u8);
                return;
            }
            Utf8Formatter.TryFormat(number, target[Length..], out var written);
            Length += written;
        }

        public void Instant(ReadOnlySpan<byte> name, DateTimeOffset? value)
        {
            Raw(name);
            if (value is not { } instant)
            {
                Raw("null"u8);
                return;
            }
            UtcText.WriteQuoted(instant.ToUnixTimeSeconds(), target[Length..]);
            Length += UtcText.Length + 2;
        }
    }
}
