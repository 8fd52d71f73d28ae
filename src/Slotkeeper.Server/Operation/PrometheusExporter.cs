using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Slotkeeper.Server.Operation;

/// <summary>Writes metrics in Prometheus' text format 0.0.4 when they are asked for.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private string text = "";

    public Func<int, bool>? Collect { get; set; }

    /// <summary>The metrics of now. One at a time: the caller sees to it.</summary>
    public string Scrape()
    {
        Collect?.Invoke(5000);
        return text;
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var target = new StringBuilder();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            var name = NameOf(metric);
            // Two libraries that measure the same thing under one name would make the whole text unreadable.
            if (written.Add(name))
                Write(target, metric, name);
        }
        text = target.ToString();
        return ExportResult.Success;
    }

    private static void Write(StringBuilder target, Metric metric, string name)
    {
        if (metric.MetricType == MetricType.ExponentialHistogram)
            return;
        if (!string.IsNullOrEmpty(metric.Description))
            target.Append("# HELP ").Append(name).Append(' ').Append(Escape(metric.Description, quotes: false)).Append('\n');
        target.Append("# TYPE ").Append(name).Append(' ').Append(metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => "counter",
            MetricType.Histogram => "histogram",
            _ => "gauge",
        }).Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Line(target, name, labels, point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Line(target, name, labels, point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    Line(target, name, labels, point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    Line(target, name, labels, point.GetGaugeLastValueDouble());
                    break;
                case MetricType.Histogram:
                    WriteHistogram(target, name, labels, point);
                    break;
                default:
                    break;
            }
        }
    }

    private static void WriteHistogram(StringBuilder target, string name, string labels, in MetricPoint point)
    {
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            var bound = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : bucket.ExplicitBound.ToString(CultureInfo.InvariantCulture);
            Line(target, name + "_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", count);
        }
        Line(target, name + "_sum", labels, point.GetHistogramSum());
        Line(target, name + "_count", labels, point.GetHistogramCount());
    }

    private static void Line(StringBuilder target, string name, string labels, double value)
    {
        target.Append(name);
        if (labels.Length > 0)
            target.Append('{').Append(labels).Append('}');
        target.Append(' ').Append(value switch
        {
            double.PositiveInfinity => "+Inf",
            double.NegativeInfinity => "-Inf",
            _ => value.ToString(CultureInfo.InvariantCulture),
        }).Append('\n');
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (labels.Length > 0)
                labels.Append(',');
            labels.Append(Sanitise(key)).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quotes: true)).Append('"');
        }
        return labels.ToString();
    }

    /// <summary>As the OpenTelemetry rules for Prometheus have it: dots become underscores, the unit and _total stand at the end.</summary>
    private static string NameOf(Metric metric)
    {
        var name = Sanitise(metric.Name);
        var unit = metric.Unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "1" or "" => "",
            _ when metric.Unit.StartsWith('{') => "",
            _ => Sanitise(metric.Unit),
        };
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal))
            name += "_" + unit;
        if (metric.MetricType is MetricType.LongSum or MetricType.DoubleSum && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        return name;
    }

    private static string Sanitise(string name) => string.Create(name.Length, name, static (target, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            target[i] = char.IsAsciiLetterOrDigit(from[i]) ? from[i] : '_';
    });

    private static string Escape(string text, bool quotes)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }
}
