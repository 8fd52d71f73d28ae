using System.Data.Common;

namespace Slotkeeper.Storage.Sql;

/// <summary>Reads the columns of one result row in their order.</summary>
internal struct Row(DbDataReader reader)
{
    private int next;

    public string Text() => reader.GetString(next++);

    public string? TextOrNull() => reader.IsDBNull(next) ? Skip<string>() : reader.GetString(next++);

    public int Int() => reader.GetInt32(next++);

    public int? IntOrNull() => reader.IsDBNull(next) ? SkipValue<int>() : reader.GetInt32(next++);

    public long Long() => reader.GetInt64(next++);

    public long? LongOrNull() => reader.IsDBNull(next) ? SkipValue<long>() : reader.GetInt64(next++);

    public double Double() => reader.GetDouble(next++);

    public byte[] Bytes() => reader.GetFieldValue<byte[]>(next++);

    public byte[]? BytesOrNull() => reader.IsDBNull(next) ? Skip<byte[]>() : reader.GetFieldValue<byte[]>(next++);

    public DateTimeOffset Instant() => Instants.FromMicroseconds(reader.GetInt64(next++));

    public DateTimeOffset? InstantOrNull() => reader.IsDBNull(next) ? SkipValue<DateTimeOffset>() : Instant();

    private T? Skip<T>() where T : class
    {
        next++;
        return null;
    }

    private T? SkipValue<T>() where T : struct
    {
        next++;
        return null;
    }
}

/// <summary>Makes a value of a result row.</summary>
internal delegate T Map<out T>(ref Row row);
