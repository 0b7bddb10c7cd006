using Commerce.Silo.Journal.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Commerce.Silo.Journal;

/// <summary>A shop's data folder, held by one process for as long as that lives: the operating system lets go of it, whatever ends the process.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>All services' journals.</summary>
    public string Journal => JournalOf(Path);

    /// <summary>The sealing keys.</summary>
    public string Keys => KeysOf(Path);

    /// <summary>The sandbox payment provider's ledger.</summary>
    public string Provider => ProviderOf(Path);

    /// <summary>Secrets: readable by the owner only.</summary>
    public string Secrets => System.IO.Path.Combine(Path, "secrets");

    /// <summary>Makes the folder if there is none, and takes it.</summary>
    /// <exception cref="DataFolderException">It is in use or cannot be written.</exception>
    public static DataFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            return new DataFolder(path, new FileStream(
                LockOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (UnauthorizedAccessException denied)
        {
            throw ReadOnly(path, denied);
        }
        catch (IOException failure)
        {
            throw failure switch
            {
                _ when IsFull(failure) => Full(path, failure),
                _ when failure.Message.Contains("Read-only", StringComparison.OrdinalIgnoreCase) => ReadOnly(path, failure),
                _ when IsHeld(failure) => new DataFolderException(
                    $"The data folder {path} is in use by another process; stop that shop, or name another folder with --data.", failure),
                _ => Unusable(path, failure),
            };
        }
    }

    /// <summary>
    /// Refuses a folder whose journal or keys are gone while what was made with them is there: a new history would give out the same numbers again, new keys open nothing
    /// that was sealed.
    /// </summary>
    /// <exception cref="DataFolderException">It must be restored from a backup.</exception>
    public void RefuseHalf()
    {
        if (!Holds(Journal, "select 1 from sqlite_schema where name = 'file'"))
        {
            string[] others = [Keys, Provider, AnalyticsOf(Path)];
            if (others.FirstOrDefault(file => new FileInfo(file) is { Exists: true, Length: > 0 }) is { } left) throw Half(Journal, left);
        }
        else if (!Holds(Keys, "select 1 from sqlite_schema") && Holds(Journal, "select 1 from events"))
        {
            throw Half(Keys, Journal);
        }
    }

    /// <summary>Whether a process holds it; a folder that is not there is held by nobody.</summary>
    public static bool IsInUse(string path)
    {
        try
        {
            using var free = new FileStream(LockOf(path), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return false;
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new DataFolderException($"{path} cannot be read; ask as the user it belongs to.", denied);
        }
        catch (IOException failure)
        {
            return IsHeld(failure) ? true : throw Unusable(path, failure);
        }
    }

    /// <summary>Runs something that opens a file of the folder, and turns the faults a person can cure into a sentence.</summary>
    /// <exception cref="DataFolderException">It cannot be opened.</exception>
    public static T Opening<T>(string file, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (SqliteException failure)
        {
            throw Explain(file, failure);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw ReadOnly(file, denied);
        }
        catch (IOException failure) when (IsFull(failure))
        {
            throw Full(file, failure);
        }
    }

    /// <summary>A fault of SQLite as a sentence with its cure.</summary>
    /// <param name="path">The file, or the folder of the files, it happened to.</param>
    /// <param name="failure">What SQLite says.</param>
    public static DataFolderException Explain(string path, SqliteException failure) => failure.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => Full(path, failure),
        // What cannot grow is told as any other fault of the disk: its free space tells which it was.
        raw.SQLITE_IOERR when FreeSpaceOf(path) < NoSpace => Full(path, failure),
        raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => ReadOnly(path, failure),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new DataFolderException($"{path} is in use by another program; close that program and start again.", failure),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(path, failure),
        _ => new DataFolderException($"{path} cannot be read or written ({failure.SqliteExtendedErrorCode}); check the disk and start again.", failure),
    };

    /// <summary>Lets go of it.</summary>
    public void Dispose() => _lock.Dispose();

    private static bool Holds(string file, string query) => File.Exists(file) && Opening(file, () =>
    {
        using var session = SqliteSession.ForReading(file);
        using var found = session.Use(query);
        return found.Step();
    });

    private static DataFolderException Half(string lost, string left) =>
        new($"{lost} is missing or empty, and {left} was made with it; restore the data folder from a backup ('./commerce restore'), or name another with --data.");

    private static string LockOf(string folder) => System.IO.Path.Combine(folder, "lock");

    /// <summary>The journals of a shop in one process; who finds it knows the folder for such a shop's.</summary>
    public static string JournalOf(string folder) => System.IO.Path.Combine(folder, "journal.db");

    /// <summary>The logins of a cluster; who finds it knows the folder for a cluster's.</summary>
    public static string ConnectionsOf(string folder) => System.IO.Path.Combine(folder, "connections.json");

    /// <summary>Analytics' read models, by the name that analytics gives the file: it is another service's, which knows no silo.</summary>
    internal static string AnalyticsOf(string folder) => System.IO.Path.Combine(folder, "analytics.db");

    /// <summary>The gateway's read models, by the name that the gateway gives the file.</summary>
    internal static string GatewayOf(string folder) => System.IO.Path.Combine(folder, "gateway.db");

    internal static string KeysOf(string folder) => System.IO.Path.Combine(folder, "keys.db");

    /// <summary>The payment sandbox's ledger in a folder.</summary>
    public static string ProviderOf(string folder) => System.IO.Path.Combine(folder, "psp.db");

    /// <summary>The file that says which payment provider the shop has.</summary>
    public static string PaymentsOf(string folder) => System.IO.Path.Combine(folder, "payments.json");

    /// <summary>The ledger of a payment simulator that is the shop's own.</summary>
    public static string SimulatorOf(string folder) => System.IO.Path.Combine(folder, "psp-simulator", "psp-simulator.db");

    // Less than the smallest files of SQLite need: a page of data, the log's head, 32 KiB of index.
    private const long NoSpace = 256 * 1024;

    private static long FreeSpaceOf(string path) => new DriveInfo(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!).AvailableFreeSpace;

    // EWOULDBLOCK of Linux and of macOS, and the code Windows has for a file another process has open.
    private static bool IsHeld(IOException failure) => (failure.HResult & 0xffff) is 11 or 35 or 32;

    // ENOSPC and EDQUOT, and the code Windows has for a full disk.
    private static bool IsFull(IOException failure) => (failure.HResult & 0xffff) is 28 or 122 or 0x70;

    private static DataFolderException Unusable(string path, Exception inner) => new($"The data folder {path} cannot be used; name another folder with --data.", inner);

    private static DataFolderException Full(string path, Exception inner) => new($"The disk that holds {path} is full; free some space and start again.", inner);

    internal static DataFolderException Damaged(string path, Exception inner) => new($"{path} is damaged; restore the data folder from a backup.", inner);

    private static DataFolderException ReadOnly(string path, Exception inner) =>
        new($"{path} cannot be written; give this user the right to write there, or name another folder with --data.", inner);
}
