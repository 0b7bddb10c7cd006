namespace Commerce.Kernel;

/// <summary>The last commands of a stream by id: the fast path of idempotency. The journal's index is the truth behind it.</summary>
internal sealed class CommandWindow
{
    /// <summary>How many are remembered: retries come soon or never, and every active grain keeps its window (about 250 bytes a command).</summary>
    internal const int Capacity = 24;

    // Most streams ever see one or two commands: an array that is walked is smaller than anything that looks up, and as fast.
    private CommandKey[] _known = [];
    private uint _added;

    /// <summary>Whether it knows every command the stream ever had, so that a miss needs no look into the journal.</summary>
    public bool Complete { get; private set; } = true;

    public void Forgets() => Complete = false;

    public string? Find(string id)
    {
        foreach (var known in _known.AsSpan(0, (int)Math.Min(_added, _known.Length)))
        {
            if (known.Id == id) return known.Digest;
        }

        return null;
    }

    /// <summary>Remembers a command; one too many takes the place of the oldest.</summary>
    public void Add(CommandKey command)
    {
        if (!command.IsGiven || Find(command.Id) is not null) return;
        if (_added >= Capacity) Complete = false;
        else if (_added == _known.Length) Array.Resize(ref _known, Math.Clamp(_known.Length * 2, 1, Capacity));
        _known[_added++ % _known.Length] = command;
    }
}
