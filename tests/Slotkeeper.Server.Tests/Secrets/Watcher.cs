using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Slotkeeper.Server.Operation;

namespace Slotkeeper.Server.Tests.Secrets;

/// <summary>Takes down everything a process tells of itself: logs of every level with their values, scopes and exceptions; activities as they are exported; tags of metrics.</summary>
internal sealed class Watcher : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(string Kind, string Text)> told = new();
    private readonly ActivityListener activities;
    private readonly MeterListener meters = new();
    private readonly TraceRedaction redaction = new();

    public Watcher()
    {
        activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                redaction.OnEnd(activity);
                Tell("trace", string.Join(' ', new[] { activity.OperationName, activity.DisplayName, activity.StatusDescription, Join(activity.TagObjects), Join(activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value))) }
                    .Concat(activity.Events.Select(one => $"{one.Name} {Join(one.Tags)}"))));
            },
        };
        ActivitySource.AddActivityListener(activities);
        meters.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Measured(instrument, tags));
        meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Measured(instrument, tags));
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Measured(instrument, tags));
        meters.SetMeasurementEventCallback<float>((instrument, _, tags, _) => Measured(instrument, tags));
        meters.Start();
    }

    /// <summary>How much was told, by its kind.</summary>
    public int Count(string kind) => told.Count(one => one.Kind == kind);

    public void Tell(string kind, string text) => told.Enqueue((kind, text));

    /// <summary>What was told with a text in it, shortened to where it stands.</summary>
    public IReadOnlyList<string> With(string canary)
    {
        meters.RecordObservableInstruments();
        return [.. told.Where(one => one.Text.Contains(canary, StringComparison.OrdinalIgnoreCase)).Select(one =>
        {
            var at = one.Text.IndexOf(canary, StringComparison.OrdinalIgnoreCase);
            return $"{one.Kind}: {one.Text[Math.Max(0, at - 200)..Math.Min(one.Text.Length, at + canary.Length + 50)]}";
        }).Distinct().Take(5)];
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        Tell("log", $"{state} {(state is IEnumerable<KeyValuePair<string, object?>> values ? Join(values) : "")}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Tell("log", $"{formatter(state, exception)} {(state is IEnumerable<KeyValuePair<string, object?>> values ? Join(values) : "")} {exception}");

    public void Dispose()
    {
        activities.Dispose();
        redaction.Dispose();
        meters.Dispose();
    }

    private static string Join(IEnumerable<KeyValuePair<string, object?>> pairs) => string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}"));

    private void Measured(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length > 0)
            Tell("metric", $"{instrument.Name} {Join(tags.ToArray())}");
    }
}
