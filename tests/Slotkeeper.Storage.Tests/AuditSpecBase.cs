using Shouldly;
using Slotkeeper.Audit;

namespace Slotkeeper.Storage.Tests;

/// <summary>What the specifications of the audit have in common.</summary>
public abstract class AuditSpecBase(TestDatabase database) : BookingSpec(database)
{
    private static readonly AuditFilter All = new(null, null, null, null, null);

    /// <summary>The oldest first.</summary>
    protected async Task<IReadOnlyList<AuditRecord>> RecordsAsync(AuditFilter? filter = null) =>
        [.. (await Storage.Audit.ListAsync(filter ?? All, null, 10_000, Token)).Reverse()];

    /// <summary>The one record that a change leaves.</summary>
    protected async Task<AuditRecord> OneOfAsync(string action, string subjectId, Func<Task> change)
    {
        var before = (await RecordsAsync()).Count;
        await change();
        var records = await RecordsAsync();
        records.Skip(before).Select(record => record.Action).ShouldBe([action]);
        records[^1].SubjectId.ShouldBe(subjectId);
        records[^1].SubjectType.ShouldBe(action.Split('.')[0]);
        return records[^1];
    }

    protected async Task NothingOfAsync(Func<Task> attempt)
    {
        var before = (await RecordsAsync()).Count;
        await attempt();
        (await RecordsAsync()).Count.ShouldBe(before);
    }

    protected async Task<List<ChainReport>> VerifyAsync(string? agencyId = null)
    {
        var reports = new List<ChainReport>();
        await foreach (var report in Storage.Audit.VerifyAsync(agencyId, null, Token))
            reports.Add(report);
        return reports;
    }

    /// <summary>That every chain is as it was written, without gaps.</summary>
    protected async Task ShouldBeSoundAsync()
    {
        (await VerifyAsync()).ShouldAllBe(report => report.Faults.Count == 0 && report.Checked == report.Sequence - report.PrunedThrough);
        foreach (var chain in (await RecordsAsync()).GroupBy(record => record.AgencyId))
            chain.Select(record => record.Sequence).Order().ShouldBe(Enumerable.Range(1, chain.Count()).Select(number => (long)number));
    }
}
