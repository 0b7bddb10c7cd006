using System.Collections.Concurrent;
using System.Text.Json;
using Commerce.Kernel;

namespace Commerce.Kit.Cluster;

/// <summary>Keeps sealed values apart from their boxes, so that erasing a subject makes every box of it unreadable.</summary>
public sealed class MemorySealer : ISealer
{
    private readonly ConcurrentDictionary<string, string> _inside = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _erased = new(StringComparer.Ordinal);
    private int _boxes;

    public Task<Sealed<T>> Seal<T>(string subject, T value)
    {
        if (_erased.ContainsKey(subject)) throw new KeyDestroyedException($"{subject} was erased.");
        var box = $"box-{Interlocked.Increment(ref _boxes)}";
        _inside[box] = JsonSerializer.Serialize(value);
        return Task.FromResult(new Sealed<T>(subject, box));
    }

    public Task<T?> Open<T>(Sealed<T> box) where T : class =>
        Task.FromResult(_erased.ContainsKey(box.Subject) ? null : JsonSerializer.Deserialize<T>(_inside[box.Box]));

    /// <summary>Whether keys cannot be destroyed now.</summary>
    public bool Away { get; set; }

    public Task Erase(string subject)
    {
        if (Away) throw new DependencyUnavailableException("keys");
        _erased[subject] = true;
        return Task.CompletedTask;
    }
}
