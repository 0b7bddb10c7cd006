using CsCheck;
using Orleans.Runtime;
using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class FrameTests
{
    [Fact]
    public void Every_batch_comes_back_as_it_was_framed() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[1, 40], Gen.Byte.Array[0, 400], Gen.Byte.Array[0, 2000]).List[0, 20].Sample(batches =>
        {
            var frames = batches.Select(b => Frame.Batch(StreamId.Create(b.Item1, b.Item2), "00-trace", b.Item3, b.Item4)).ToList();
            var opened = Frame.Open(Frame.Message(frames)).Select(Frame.OpenBatch).ToList();

            opened.Count.ShouldBe(batches.Count);
            foreach (var ((stream, trace, context, events), b) in opened.Zip(batches))
            {
                stream.ShouldBe(StreamId.Create(b.Item1, b.Item2));
                trace.ShouldBe("00-trace");
                context.ToArray().ShouldBe(b.Item3);
                events.ToArray().ShouldBe(b.Item4);
            }
        }, iter: 200);

    [Fact]
    public void Foreign_bytes_are_a_format_error_and_nothing_else() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            try
            {
                foreach (var batch in Frame.Open(bytes))
                    Frame.OpenBatch(batch);
            }
            catch (FormatException)
            {
                // What the receiver expects.
            }
        }, iter: 2000);

    [Fact]
    public void The_layout_of_version_1_is_read_for_ever()
    {
        var golden = Convert.FromHexString("520101" + "09" + "026E73" + "016B" + "00" + "01AA" + "BB");

        var (stream, trace, context, events) = Frame.OpenBatch(Frame.Open(golden).Single());

        stream.ShouldBe(StreamId.Create("ns", "k"));
        trace.ShouldBeNull();
        context.ToArray().ShouldBe([0xAA]);
        events.ToArray().ShouldBe([0xBB]);
    }
}
