namespace Slotkeeper.Offers;

/// <summary>What people write in one language when they answer an offer; lower case, without accents on nothing.</summary>
internal sealed record ReplyWords;
