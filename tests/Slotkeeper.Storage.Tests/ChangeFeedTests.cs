using System.Threading.Channels;
using Shouldly;
using Slotkeeper.Claims;
using Slotkeeper.Invalidation;
using Slotkeeper.Storage.Postgres;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

/// <summary>What a node hears, and how often it was told that it may have missed something.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource stop = new();
    private readonly Channel<Change> heard = Channel.CreateUnbounded<Change>();
    private readonly Channel<int> missed = Channel.CreateUnbounded<int>();
    private readonly Task running;

    public Listener(IChangeFeed feed) => running = feed.RunAsync(
        (change, _) => heard.Writer.WriteAsync(change, CancellationToken.None).AsTask(),
        _ => missed.Writer.WriteAsync(1, CancellationToken.None).AsTask(),
        stop.Token);

    public bool HasHeardNothing => !heard.Reader.TryPeek(out _);

    public Task<Change> NextAsync(CancellationToken cancellationToken) =>
        heard.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);

    public Task MissedAsync(CancellationToken cancellationToken) =>
        missed.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        stop.Dispose();
    }
}

public sealed class ChangeFeedOfSqlite() : StorageSpec(new SqliteTestDatabase())
{
    [Fact]
    public async Task One_process_owns_the_file_so_nothing_is_ever_heard_and_nothing_missed()
    {
        Storage.Changes.IsShared.ShouldBeFalse();
        Storage.Changes.IsTrusted.ShouldBeTrue();
        await using var listener = new Listener(Storage.Changes);

        await Some.CalendarAsync(Storage);

        listener.HasHeardNothing.ShouldBeTrue();
    }
}

// Heard: every kind of change, in the order of commits; not heard: own changes, what was rolled back
// Missed: at the first start, after the connection was lost
public sealed class ChangeFeedOfPostgres(SharedPostgres postgres) : StorageSpec(new PostgresTestDatabase(postgres))
{
    [Fact]
    public async Task Another_node_hears_of_every_kind_of_change_in_order()
    {
        await using var other = await OpenAsync();
        await using var listener = new Listener(other.Changes);
        await listener.MissedAsync(Token);
        await TrustedAsync(other.Changes);

        var agency = await Some.AgencyAsync(Storage);
        await ShouldHearAsync(new Change(ChangeKind.Agency, agency.Id, 0));
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        await ShouldHearAsync(new Change(ChangeKind.Connection, connection.Id, 0));
        var calendar = await Some.CalendarAsync(Storage, Some.Link() with { ConnectionId = connection.Id }, agency.Id);
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 1));
        (await listener.NextAsync(Token)).Kind.ShouldBe(ChangeKind.Workspace);
        await Storage.Connections.UpdateAsync(connection, Token);
        await ShouldHearAsync(new Change(ChangeKind.Connection, connection.Id, 0));
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 2));
        var claim = (ClaimOutcome.Taken)await Storage.Claims.TakeAsync(Some.Booking(calendar.ResourceId, Some.Monday), Token);
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 3));
        await Storage.Claims.ReleaseAsync(claim.Claim.Id, Token);
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 4));
        await Storage.Snapshots.BumpAsync([calendar.Id], Token);
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 5));
        await Storage.Snapshots.WriteAsync([Some.Fetched(calendar.Id, 5, Some.Monday, Some.Snapshot())], null, Token);
        await ShouldHearAsync(new Change(ChangeKind.Calendar, calendar.Id, 6));
        var key = new ApiKey(Ids.New(Ids.Key), null, null, Role.Admin, "Key", "sk_feed", [1], [2], Some.Monday, null, null);
        await Storage.Keys.CreateAsync(key, Token);
        await ShouldHearAsync(new Change(ChangeKind.Key, key.Id, 0));
        await Storage.Keys.RevokeAsync(key.Id, Some.Monday, Token);
        await ShouldHearAsync(new Change(ChangeKind.Key, key.Id, 0));

        async Task ShouldHearAsync(Change change) => (await listener.NextAsync(Token)).ShouldBe(change);
    }

    [Fact]
    public async Task A_refresh_that_changed_nothing_is_not_told()
    {
        var calendar = await Some.CalendarAsync(Storage);
        await using var other = await OpenAsync();
        await using var listener = new Listener(other.Changes);
        await listener.MissedAsync(Token);
        await TrustedAsync(other.Changes);

        await Storage.Snapshots.WriteAsync([Some.Fetched(calendar.Id, 1, Some.Monday, null)], null, Token);
        var agency = await Some.AgencyAsync(Storage);

        (await listener.NextAsync(Token)).Id.ShouldBe(agency.Id);
    }

    [Fact]
    public async Task A_node_does_not_hear_itself()
    {
        await using var other = await OpenAsync();
        await using var listener = new Listener(Storage.Changes);
        await listener.MissedAsync(Token);
        await TrustedAsync(Storage.Changes);

        await Some.AgencyAsync(Storage);
        var foreign = await Some.AgencyAsync(other);

        (await listener.NextAsync(Token)).Id.ShouldBe(foreign.Id);
    }

    [Fact]
    public async Task After_its_connection_was_lost_a_node_is_told_that_it_missed_something_and_hears_again()
    {
        await using var other = await OpenAsync();
        await using var listener = new Listener(other.Changes);
        await listener.MissedAsync(Token);
        await TrustedAsync(other.Changes);

        (await NumberAsync(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'slotkeeper changes'
            """)).ShouldBe(1);

        await listener.MissedAsync(Token);
        await TrustedAsync(other.Changes);
        var agency = await Some.AgencyAsync(Storage);
        (await listener.NextAsync(Token)).Id.ShouldBe(agency.Id);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_told_later_that_it_missed_something()
    {
        await using var other = await OpenAsync();
        var calls = Channel.CreateUnbounded<string>();
        using var stop = new CancellationTokenSource();
        var running = other.Changes.RunAsync(
            (_, _) => throw new StorageUnavailableException("for the test"),
            _ => calls.Writer.WriteAsync("missed", CancellationToken.None).AsTask(),
            stop.Token);
        await calls.Reader.ReadAsync(Token);
        await TrustedAsync(other.Changes);

        await Some.AgencyAsync(Storage);

        (await calls.Reader.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token)).ShouldBe("missed");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public void Messages_hold_as_many_changes_as_fit_and_lose_none()
    {
        var changes = Enumerable.Range(0, 1000).Select(i => new Change((ChangeKind)(i % 5), Ids.New(Ids.Calendar), i)).ToList();

        var messages = ChangeMessage.Write("nod_1", changes);

        messages.Length.ShouldBeLessThan(7);
        messages.ShouldAllBe(message => message.Length < 8000);
        messages.SelectMany(message => ChangeMessage.Read("nod_2", message)).ShouldBe(changes);
        messages.SelectMany(message => ChangeMessage.Read("nod_1", message)).ShouldBeEmpty();
    }

    private async Task TrustedAsync(IChangeFeed feed)
    {
        while (!feed.IsTrusted)
            await Task.Delay(TimeSpan.FromMilliseconds(5), RealClock.Instance, Token);
    }
}
