using System.Buffers;
using System.Text;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>
/// The bytes of a message: <c>'R' version count (length batch)*</c>, a batch being <c>namespace key traceparent context events</c>, the first
/// four with their length before them. Lengths are 7-bit varints. Written once, read for ever: a new layout takes a new version byte.
/// </summary>
internal static class Frame
{
    /// <summary>Bytes a message needs beside its batches, generously: magic, version, count.</summary>
    public const int Overhead = 16;

    private const byte Magic = (byte)'R';
    private const byte Version = 1;

    public static ReadOnlyMemory<byte> Batch(StreamId stream, string? traceParent, ReadOnlySpan<byte> context, ReadOnlySpan<byte> events)
    {
        var writer = new ArrayBufferWriter<byte>(events.Length + context.Length + 128);
        Write(writer, stream.Namespace.Span);
        Write(writer, stream.Key.Span);
        Write(writer, Encoding.ASCII.GetBytes(traceParent ?? ""));
        Write(writer, context);
        writer.Write(events);
        return writer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Message(IReadOnlyList<ReadOnlyMemory<byte>> batches)
    {
        var writer = new ArrayBufferWriter<byte>(Overhead + batches.Sum(b => b.Length + 4));
        writer.Write([Magic, Version]);
        WriteLength(writer, batches.Count);
        foreach (var batch in batches)
            Write(writer, batch.Span);
        return writer.WrittenMemory;
    }

    /// <exception cref="FormatException">The bytes are not a message of ours.</exception>
    public static List<ReadOnlyMemory<byte>> Open(ReadOnlyMemory<byte> message)
    {
        if (message.Length < 3 || message.Span[0] != Magic || message.Span[1] != Version)
            throw new FormatException("Not a message of this provider, or of a later version.");
        var rest = message[2..];
        var count = ReadLength(ref rest);
        if (count > rest.Length)
            throw new FormatException("The message is shorter than it says.");
        var batches = new List<ReadOnlyMemory<byte>>(count);
        for (var i = 0; i < count; i++)
            batches.Add(Read(ref rest));
        return batches;
    }

    /// <exception cref="FormatException">The bytes are not a batch of ours.</exception>
    public static (StreamId Stream, string? TraceParent, ReadOnlyMemory<byte> Context, ReadOnlyMemory<byte> Events) OpenBatch(ReadOnlyMemory<byte> batch)
    {
        var rest = batch;
        var ns = Read(ref rest);
        var key = Read(ref rest);
        if (key.Length == 0)
            throw new FormatException("A stream has no key.");
        var trace = Read(ref rest);
        var context = Read(ref rest);
        return (StreamId.Create(ns.Span, key.Span), trace.Length == 0 ? null : Encoding.ASCII.GetString(trace.Span), context, rest);
    }

    private static void Write(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        WriteLength(writer, bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteLength(ArrayBufferWriter<byte> writer, int length)
    {
        var rest = (uint)length;
        for (; rest >= 0x80; rest >>= 7)
            writer.Write([(byte)(rest | 0x80)]);
        writer.Write([(byte)rest]);
    }

    private static ReadOnlyMemory<byte> Read(ref ReadOnlyMemory<byte> rest)
    {
        var length = ReadLength(ref rest);
        if (length > rest.Length)
            throw new FormatException("The message is shorter than it says.");
        var bytes = rest[..length];
        rest = rest[length..];
        return bytes;
    }

    private static int ReadLength(ref ReadOnlyMemory<byte> rest)
    {
        var span = rest.Span;
        uint value = 0;
        for (var i = 0; i < 4 && i < span.Length; i++)
        {
            value |= (uint)(span[i] & 0x7F) << (7 * i);
            if (span[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return (int)value;
            }
        }

        throw new FormatException("A length is missing or too long.");
    }
}
