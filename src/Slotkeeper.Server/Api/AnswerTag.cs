using Slotkeeper.Reading;

namespace Slotkeeper.Server.Api;

/// <summary>
/// The weak ETag of an answer: equal on every node and after every restart for an equal answer. Made of everything that can
/// change it but what ticks by itself (the age, a range that begins now), so it costs no look at the slots themselves: their
/// content is the epoch's, and which of them are answered is told by where the list is cut.
/// </summary>
internal static class AnswerTag
{
    /// <summary>Part of every tag, to be raised when the form of the answer changes.</summary>
    private const long Form = 1;

    public static string Of(in SlotAnswer answer, in SlotQuery query)
    {
        var mix = new Mixer();
        mix.Add(Form);
        mix.Add(answer.Workspace.Id);
        mix.Add((long)answer.Source);
        mix.Add(query.From?.UtcTicks ?? -1);
        mix.Add(query.To?.UtcTicks ?? -1);
        if (answer.Slots is { } slots)
        {
            var state = slots.Picture.State;
            mix.Add(answer.Calendar!.Calendar.Id);
            mix.Add(answer.Calendar.Calendar.DurationMinutes);
            mix.Add(state.Epoch);
            mix.Add(state.LastSuccessAt?.UtcTicks ?? -1);
            mix.Add(state.LastAttemptAt?.UtcTicks ?? -1);
            mix.Add(slots.Free.Length);
            mix.Add(slots.Claimed.Length);
            mix.Add(answer.First);
            mix.Add(answer.Count);
            var starts = answer.Starts;
            mix.Add(starts.IsEmpty ? -1 : starts[0]);
            mix.Add(starts.IsEmpty ? -1 : starts[^1]);
            mix.Add(answer.RemovedPast);
            mix.Add(answer.RemovedNotice);
            mix.Add(answer.RemovedClaimed);
            mix.Add(answer.StaleAt?.UtcTicks ?? -1);
        }
        mix.Add(answer.Fresh ? 1 : 0);
        if (answer.Error is { } error)
        {
            mix.Add(error.Code);
            mix.Add(error.Message);
            mix.Add(error.Since.UtcTicks);
        }
        return mix.Tag();
    }

    /// <summary>Two lanes of multiply and fold, 128 bits: no two answers anybody will see meet by chance.</summary>
    private struct Mixer()
    {
        private ulong left = 0x9E3779B97F4A7C15;
        private ulong right = 0xC2B2AE3D27D4EB4F;

        public void Add(long value)
        {
            unchecked
            {
                left = Fold(left ^ (ulong)value, 0xA0761D6478BD642F);
                right = Fold(right + (ulong)value, 0xE7037ED1A0B428DB);
            }
        }

        public void Add(string text)
        {
            Add(text.Length);
            foreach (var four in System.Runtime.InteropServices.MemoryMarshal.Cast<char, long>(text))
                Add(four);
            foreach (var letter in text.AsSpan(text.Length & ~3))
                Add(letter);
        }

        public readonly string Tag() => string.Create(36, (left, right), static (target, lanes) =>
        {
            "W/\"".CopyTo(target);
            lanes.left.TryFormat(target[3..], out _, "x16");
            lanes.right.TryFormat(target[19..], out _, "x16");
            target[35] = '"';
        });

        private static ulong Fold(ulong value, ulong factor)
        {
            var high = Math.BigMul(value, factor, out var low);
            return high ^ low ^ (value >> 32);
        }
    }
}
