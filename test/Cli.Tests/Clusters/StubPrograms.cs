using Commerce.Cli.Clusters;
using Commerce.Servers;

namespace Commerce.Cli.Tests.Clusters;

/// <summary>Programs that are started by nobody, and end when a test says so.</summary>
internal sealed class StubLauncher : ILauncher
{
    private readonly Lock _gate = new();
    private readonly List<StubProcess> _started = [];

    /// <summary>What happened, in order.</summary>
    public List<string> Events { get; } = [];

    /// <summary>Whether a program ends when it is told to.</summary>
    public Func<string, bool> Obeys { get; set; } = _ => true;

    public static ChildSpec Spec(string name, ChildKind kind) => new(name, kind, _ => Task.FromResult(new Prepared(new Launch(name, [], new Dictionary<string, string>(), "/"), _ => Task.FromResult(true))));

    public IChildProcess Start(string name, Launch launch)
    {
        lock (_gate)
        {
            var process = new StubProcess(this, name, _started.Count + 1);
            _started.Add(process);
            Events.Add($"{name} starts");
            return process;
        }
    }

    public StubProcess Last(string name)
    {
        lock (_gate) return _started.Last(process => process.Name == name);
    }

    private void Note(string happened)
    {
        lock (_gate) Events.Add(happened);
    }

    internal sealed class StubProcess(StubLauncher launcher, string name, int id) : IChildProcess
    {
        private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => name;

        public int Id => id;

        public Task<int> Exited => _exited.Task;

        public void Die(int code) => _exited.TrySetResult(code);

        public void Signal(int signal)
        {
            launcher.Note($"{name} is told to end");
            if (launcher.Obeys(name)) Die(0);
        }

        public void Kill()
        {
            launcher.Note($"{name} is killed");
            Die(137);
        }

        public void Dispose()
        {
        }
    }
}
