using Slotkeeper.Agents;
using Slotkeeper.Holds;
using Slotkeeper.Testing;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Tests.Agents;

public class ConversationSealTests
{
    private static readonly CheckedTime Time = new(new DateTimeOffset(2035, 1, 16, 9, 30, 0, TimeSpan.Zero), CalendarSource.DirectBook);

    private readonly FakeClock clock = new();
    private readonly ConversationSeal seal;

    public ConversationSealTests() => seal = Node(7);

    private ConversationSeal Node(byte key)
    {
        var made = new ConversationSeal((_, _) => Task.FromResult(Enumerable.Repeat(key, 32).ToArray()), clock);
        made.ReadyAsync(default).AsTask().Wait();
        return made;
    }

    [Fact]
    public void What_was_checked_is_known_on_every_node_with_the_same_key_in_the_same_conversation_only()
    {
        var id = seal.Seal("ws_a", "call", Time);
        Node(7).Open("ws_a", "call", id).ShouldBe(Time);
        seal.Open("ws_b", "call", id).ShouldBeNull();
        seal.Open("ws_a", "another", id).ShouldBeNull();
        seal.Open("ws_a", null, id).ShouldBeNull();
        Node(8).Open("ws_a", "call", id).ShouldBeNull();
        seal.Seal("ws_a", "call", Time).ShouldNotBe(id, "two callers without a conversation have checks of their own");
    }

    [Fact]
    public void A_check_counts_for_fifteen_minutes()
    {
        var id = seal.Seal("ws_a", null, Time);
        clock.Advance(ConversationSeal.CheckCounts);
        seal.Open("ws_a", null, id).ShouldBe(Time);
        clock.Advance(TimeSpan.FromSeconds(1));
        seal.Open("ws_a", null, id).ShouldBeNull();
    }

    [Fact]
    public void No_altered_id_is_a_check()
    {
        var id = seal.Seal("ws_a", "call", Time);
        for (var i = 0; i < id.Length; i++)
        {
            foreach (var letter in "Aa0-_.~é")
            {
                if (id[i] != letter)
                    seal.Open("ws_a", "call", id[..i] + letter + id[(i + 1)..]).ShouldBeNull();
            }
            seal.Open("ws_a", "call", id[..i]).ShouldBeNull();
        }
        seal.Open("ws_a", "call", id + "A").ShouldBeNull();
        // The line of the conversation cannot be taken for a part of what stands before it.
        seal.Open("ws_a", "call\n", id).ShouldBeNull();
    }

    [Fact]
    public void A_conversation_has_one_hold_of_a_time_and_nobody_else_has_it()
    {
        var hold = seal.HoldOf("ws_a", "call", Time);
        Node(7).HoldOf("ws_a", "call", Time).ShouldBe(hold);
        HoldId.WorkspaceOf(hold).ShouldBe("ws_a");
        new[]
        {
            seal.HoldOf("ws_b", "call", Time), seal.HoldOf("ws_a", "another", Time), seal.HoldOf("ws_a", "call", Time with { Source = CalendarSource.Default }),
            seal.HoldOf("ws_a", "call", Time with { Start = Time.Start.AddMinutes(30) }), Node(8).HoldOf("ws_a", "call", Time),
        }.ShouldNotContain(hold);
    }

    [Fact]
    public void Without_its_key_it_does_nothing() =>
        Should.Throw<InvalidOperationException>(() => new ConversationSeal((_, _) => Task.FromResult(new byte[32]), clock).Seal("ws_a", null, Time));
}
