using Commerce.Kernel;

namespace Commerce.Silo.Deadlines;

/// <summary>Wakes the aggregate whose history a stream is.</summary>
public interface IStreamWaker
{
    /// <summary>Answers whether anything was due.</summary>
    Task<bool> Wake(StreamName stream);
}

/// <summary>Wakes the grain a stream belongs to: its name is <c>kind/key</c>, its grain's id the same two.</summary>
internal sealed class GrainWaker(IGrainFactory grains) : IStreamWaker
{
    public Task<bool> Wake(StreamName stream)
    {
        var slash = stream.Value.IndexOf('/');
        return grains.Aggregate<IWakeable>(stream.Value[..slash], stream.Value[(slash + 1)..]).Wake();
    }
}
