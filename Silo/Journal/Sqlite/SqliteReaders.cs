using System.Collections.Concurrent;
using Commerce.Kernel;
using Microsoft.Data.Sqlite;

namespace Commerce.Silo.Journal.Sqlite;

/// <summary>A few threads that read a SQLite file beside its writer. SQLite blocks its caller: here it blocks these threads and no grain's.</summary>
internal sealed class SqliteReaders : IDisposable
{
    // Not disposed: who reads a moment too late is to hear that the file is away.
    private readonly BlockingCollection<Action<Reader>> _queue = [];
    private readonly Thread[] _threads;
    private readonly string _path;
    private readonly string _name;

    public SqliteReaders(string path, string name, int count)
    {
        (_path, _name) = (path, name);
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"sqlite {name} reader {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Reads, with one view of the file.</summary>
    public Task<T> Read<T>(Func<SqliteSession, T> read)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(reader =>
            {
                try
                {
                    answer.SetResult(reader.Session.Snapshot(read));
                }
                catch (SqliteException failure)
                {
                    reader.Close();
                    answer.SetException(new DependencyUnavailableException(_name, failure));
                }
                catch (Exception failure)
                {
                    answer.SetException(failure);
                }
            });
        }
        catch (InvalidOperationException)
        {
            // Closed.
            answer.SetException(new DependencyUnavailableException(_name));
        }

        return answer.Task;
    }

    public void Dispose()
    {
        if (_queue.IsAddingCompleted) return;
        _queue.CompleteAdding();
        foreach (var thread in _threads) thread.Join();
    }

    private void Run()
    {
        var reader = new Reader(_path);
        foreach (var read in _queue.GetConsumingEnumerable()) read(reader);
        reader.Close();
    }

    // One thread's connection; opened when needed, and anew after a fault.
    private sealed class Reader(string path)
    {
        private SqliteSession? _session;

        public SqliteSession Session => _session ??= SqliteSession.ForReading(path);

        public void Close()
        {
            _session?.Dispose();
            _session = null;
        }
    }
}
