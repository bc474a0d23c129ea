"""The commands: each parses its arguments and calls one function.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from asyncscrape.commands.engine import EngineName
from asyncscrape.commands.job_argument import Chosen
from asyncscrape.errors import ConfigError, Exit, StoreDamaged, StoreError, UsageError
from asyncscrape.jobs.base import BuiltIn
from asyncscrape.jobs.registry import Registry
from asyncscrape.views.echo import echo

VERBOSE = "asyncscrape.verbose"

GROUPS = {
    "Crawl": ("run", "try", "check", "retry", "worker", "extract", "import"),
    "Look": ("status", "errors", "archive"),
    "Results": ("tables", "report", "expect"),
    "Insight": ("enrich", "sentiment", "audio", "generate"),
    "Set up": ("init", "schema", "move", "replica"),
}
"""The commands by what they are for, as `--help` shows them: the everyday ones first."""

NOT_TO_BE_HAD = (
    errno.EACCES,
    errno.EADDRINUSE,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
)


class WholeNumber(click.IntRange):
    """A whole number within bounds, called so when something else was given."""

    name = "whole number"


class ToldCommand(click.Command):
    """A command that tells people who forget the dashes of an option where they go."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words after the command."""
        words = [*args]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            known = {name for param in self.params for name in param.opts}
            meant = next((f"--{word}" for word in words if f"--{word}" in known), None)
            if meant is None or type(error) is not click.UsageError:  # other mistakes have a kind of their own
                raise
            raise click.UsageError(f"{error.message}. Did you mean '{meant}'?", ctx) from error


class Told(click.Group):
    """A group of such commands."""

    command_class = ToldCommand


class Program(Told):
    """The root group: shows its commands in groups, and turns every exception into a message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of their groups."""
        return [name for names in GROUPS.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, a section for each group."""
        widest = max(map(len, self.commands))
        room = formatter.width - widest - 6
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{name:{widest}}", self.commands[name].get_short_help_str(room)) for name in names]
                )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a user's mistake never shows a traceback."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, until a run has its own handler
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            echo(str(error), err=True)
            ctx.exit(Exit.USAGE)
        except UsageError as error:
            complain(str(error))
            ctx.exit(Exit.USAGE)
        except StoreDamaged as error:
            complain(str(error))
            ctx.exit(Exit.STORE)
        except StoreError as error:
            complain(f"{error}\nNothing is lost; run the same command to resume.")
            ctx.exit(Exit.STORE)
        except KeyboardInterrupt:
            complain("interrupted")
            ctx.exit(Exit.INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                what = error.filename or error.strerror
                complain(f"the disk is full ({what}); free some space and run the command again")
                ctx.exit(Exit.STORE)
            if place := out_of_place(error):
                complain(place)
                ctx.exit(Exit.USAGE)
            fault(error, verbose=ctx.meta.get(VERBOSE, True))  # a command without that option tells all at once
            ctx.exit(Exit.FAULT)


def out_of_place(error: Exception) -> str:
    """The message about a file, folder or port that cannot be used as asked; empty for other errors."""
    if not isinstance(error, OSError) or error.errno not in NOT_TO_BE_HAD:
        return ""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def complain(message: str) -> None:
    """Print what went wrong to stderr."""
    echo(f"asyncscrape: {message}" if "\n" not in message else message, err=True)


def fault(error: Exception, verbose: bool) -> None:
    """Report an error in this program itself, and ask the user to pass it on."""
    if verbose:
        echo("".join(traceback.format_exception(error)).rstrip(), err=True)
    complain(f"unexpected error: {type(error).__name__}: {error}")
    hint = "the lines above" if verbose else "the output of --verbose"
    echo(f"Please report it to the project, with {hint}.", err=True)


def remember_verbose(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    """Keep the flag where `Program.invoke` finds it."""
    ctx.meta[VERBOSE] = value
    return value


def built_in_jobs() -> Mapping[str, BuiltIn]:
    """The built-in jobs that the program was started with, or else all of them."""
    started_with: Mapping[str, BuiltIn] | None = click.get_current_context().find_root().obj
    return Registry() if started_with is None else started_with


def job(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument and options that all commands on a job share, and pass them as one `Chosen`."""

    @click.argument("config", type=click.Path(path_type=Path))
    @click.option(
        "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override one key, such as politeness.delay=1s."
    )
    @click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Override the config's data folder.")
    @click.option(
        "--verbose",
        is_flag=True,
        callback=remember_verbose,
        help="Log everything; show the traceback of an unexpected error.",
    )
    @wraps(command)
    def chosen(config: Path, settings: tuple[str, ...], data: Path | None, verbose: bool, **rest: Any) -> Any:
        return command(Chosen(config, settings, data, verbose, built_in_jobs()), **rest)

    return chosen


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


ABOUT = """A polite, fast crawler: one TOML file in, finished tables out, and a run that survives anything.

\b
Exit codes:
""" + "\n".join(f"  {code:2}  {code.meaning}" for code in Exit)


@click.group(
    cls=Program,
    help=ABOUT,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: asyncscrape init catalog",
)
@click.version_option(package_name="asyncscrape", prog_name="asyncscrape")
def program() -> None:
    """The root of the commands."""


@program.command()
@job
@click.option("--fresh", is_flag=True, help="Delete what the job has stored and start over.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting; with --again, go on although rows are lost.")
@click.option(
    "--again",
    is_flag=True,
    help="Crawl a finished job anew; its tables stay until the new ones are finished.",
)
@click.option("--accept", is_flag=True, help="Take the new tables although they miss an expectation.")
@click.option("--mix", is_flag=True, help="Go on although the rules of stored tables have changed.")
@click.option("--max-pages", type=WholeNumber(min=1), metavar="N", help="Stop this run after N pages.")
@click.option("--time-limit", metavar="TIME", help="Stop this run after TIME, such as 90s, 10m or 2h.")
@click.option(
    "--workers",
    type=WholeNumber(min=1),
    metavar="N",
    help="Let N processes work on the job; its state must be in Postgres, see [frontier].",
)
@click.option(
    "--engine",
    type=click.Choice(EngineName, case_sensitive=False),
    metavar="NAME",
    help="What starts the workers: processes, on this machine, or ray, on those of a Ray cluster. Without --workers "
    "there is one for each free core, unless the limits of the job are for fewer.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the summary as one JSON object, the last line on stdout."
)
@click.option("--quiet", is_flag=True, help="Print only errors, and what looks wrong.")
def run(chosen: Chosen, **options: Any) -> None:
    """Run the job to its end, or resume it where it stopped.

    Resuming is the default: whatever ended the last run, nothing is lost and nothing is stored twice. The first
    Ctrl-C finishes open requests and saves everything; a second one stops at once.

    \b
    Example:
      asyncscrape run catalog.toml --time-limit 10m
      asyncscrape run catalog.toml --workers 4
    """
    from asyncscrape.commands.run import Options, run_job

    click.get_current_context().exit(run_job(chosen, Options(**options)))


@program.command(short_help="Take part in a job as one of several workers.")
@job
@click.option("--name", default="", metavar="NAME", help="How status and the log call this worker.")
@click.option(
    "--of",
    type=WholeNumber(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Workers that are about to begin: none takes more than its part, even before the others are there.",
)
@click.option("--accept", is_flag=True, help="Take the new tables although they miss an expectation.")
@click.option("--mix", is_flag=True, help="Go on although the rules of stored tables have changed.")
@click.option(
    "--time-limit",
    metavar="TIME",
    help="Leave after TIME, such as 90s, 10m or 2h; the others go on.",
)
@click.option("--quiet", is_flag=True, help="Print only errors.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends; show no progress.")
@click.option("--stop-at-total", type=int, hidden=True, help="Stop when the whole job has so many pages.")
@click.option("--replica-at", hidden=True, help="Where the replica is served.")
def worker(chosen: Chosen, **options: Any) -> None:
    """Take part in a job as one of several workers, on this machine or on others, until the whole job is finished.

    Its state must be in Postgres, see [frontier], and its results where all workers can write them. The workers share
    the hosts among themselves: no host is asked by two of them, and the limits of the whole run hold for all of them
    together. One may join or leave at any time. Exit code 0 means that the job is finished, whatever became of its
    tables: `status` tells. To start several on one machine, use `run --workers`.

    \b
    Example:
      asyncscrape worker catalog.toml --of 4 --name 1
    """
    from asyncscrape.commands.worker import WorkerOptions, work_on_job

    click.get_current_context().exit(work_on_job(chosen, WorkerOptions(**options)))


@program.command(short_help="Run the rules over the kept answers, without the network.")
@job
@click.option("--match", metavar="GLOB", help="Only matching URLs: '/item/*', or '*example.org*' for the whole URL.")
@click.option("--accept", is_flag=True, help="Take the new tables although they miss an expectation.")
@click.option("--yes", is_flag=True, help="Begin also if answers are missing, or without tables that must last.")
@click.option("--quiet", is_flag=True, help="Print only errors, and what looks wrong.")
@as_json
def extract(chosen: Chosen, match: str | None, accept: bool, yes: bool, quiet: bool, as_json: bool) -> None:
    """Run the rules over the kept answers, without any network, as a new generation of the same stores.

    It needs `archive = true` under [store]. The tables are as if crawled with these rules; those of the last
    generation stay until they are finished. Links that nobody has asked for yet wait for the next run. The same
    command goes on with an extraction that was stopped or killed. With --match, the new tables hold only what the
    matching pages say.

    \b
    Example:
      asyncscrape extract catalog.toml
    """
    from asyncscrape.commands.extract import extract_job
    from asyncscrape.commands.summing_up import Telling

    more = f" --match {shlex.quote(match)}" if match else ""
    how = Telling(chosen.arguments, "extract", as_json=as_json, quiet=quiet, more=more)
    click.get_current_context().exit(extract_job(chosen, match, how, accept=accept, yes=yes))


@program.command("import", short_help="Take answers from WARC files as the source of a job.")
@job
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--accept", is_flag=True, help="Take the new tables although they miss an expectation.")
@click.option("--quiet", is_flag=True, help="Print only errors, and what looks wrong.")
@as_json
def import_(chosen: Chosen, files: tuple[Path, ...], accept: bool, quiet: bool, as_json: bool) -> None:
    """Take answers from WARC files, such as wget's, browsertrix's or Common Crawl's, as the source of a job.

    They are kept in the job's archive, and its rules are run over them, without any network: seeds and imported pages
    within the scope are read, and links lead on to others that are kept. What is not waits for the next run. The
    same command goes on with an import that was stopped or killed.

    \b
    Example:
      asyncscrape import catalog.toml crawl-00001.warc.gz crawl-00002.warc.gz
    """
    from asyncscrape.commands.import_files import import_job
    from asyncscrape.commands.summing_up import Telling

    more = "".join(f" {shlex.quote(str(file))}" for file in files)
    how = Telling(chosen.arguments, "import", as_json=as_json, quiet=quiet, more=more)
    click.get_current_context().exit(import_job(chosen, files, how, accept=accept))


@program.command(short_help="Validate the config and print the plan.")
@job
@click.option(
    "--connect",
    is_flag=True,
    help="Also ask every store whether it is ready for the run; nothing is changed there.",
)
@click.option("--extras", is_flag=True, help="Print only the extras that the job needs but that are not installed.")
@click.option(
    "--workers", type=WholeNumber(min=1), metavar="N", help="Refuse what keeps N workers from running the job."
)
def check(chosen: Chosen, connect: bool, extras: bool, workers: int | None) -> None:
    """Validate the config and print the plan, without touching the network.

    Shows seeds, scope, limits per host, tables, stores, and which credentials are present. Lists every
    mistake with its line. If the job needs libraries that are not installed, names the command that installs them
    and exits with code 2. `--connect` contacts the stores, never the sites: exit code 2 if a store refuses the
    address or the credentials, 4 if a store does not answer.

    \b
    Examples:
      asyncscrape check catalog.toml --set politeness.delay=1s
      asyncscrape check catalog.toml --connect
      asyncscrape check config/crypto.toml --extras
    """
    if extras:
        from asyncscrape.commands.needed_extras import print_missing

        print_missing(chosen)
        return
    from asyncscrape.commands.check import check_job

    click.get_current_context().exit(check_job(chosen, connect=connect, workers=workers))


@program.command(name="try", short_help="Show what the rules extract from one page.")
@job
@click.argument("url")
@click.option("--as", "as_url", metavar="URL", help="Treat URL as a saved file that came from this address.")
@click.option("--refetch", is_flag=True, help="Ask the site, also if the archive of the job has an answer.")
@click.option(
    "--browser/--no-browser", default=None, help="Open the page in a browser, or do not, whatever its rules say."
)
@click.option(
    "--screenshot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a picture (PNG) of the open page.",
)
@click.option("--headed", is_flag=True, help="Show the window of the browser.")
def try_(chosen: Chosen, url: str, as_url: str | None, refetch: bool, **looks: Any) -> None:
    """Fetch one page and show what each rule extracts from it; write nothing. A kept answer is taken if there is one.

    Shows the records, the links that a run would follow, and why it would skip the others. A page whose rules want a
    browser is opened in one; then it also shows what the page asked for, and which of that looks like its data.

    \b
    Examples:
      asyncscrape try catalog.toml https://example.org/item/1.html
      asyncscrape try catalog.toml saved.html --as https://example.org/item/1.html
      asyncscrape try catalog.toml https://example.org/table --browser --screenshot table.png
    """
    from asyncscrape.commands.try_browser import Looks
    from asyncscrape.commands.try_page import try_page

    click.get_current_context().exit(try_page(chosen, url, as_url, refetch, Looks(**looks)))


@program.command(short_help="Show where the job stands, even while it runs.")
@job
@click.option("--watch", is_flag=True, help="Show it again and again, until the job no longer runs.")
@as_json
def status(chosen: Chosen, as_json: bool, watch: bool) -> None:
    """Show where the job stands, even while it runs in another process, or in several on other machines.

    \b
    Examples:
      asyncscrape status catalog.toml --json
      asyncscrape status catalog.toml --watch
    """
    from asyncscrape.commands.status import show_status, watch_job

    if watch:
        watch_job(chosen)
    show_status(chosen, as_json)


@program.command(short_help="List the failed URLs, grouped by reason.")
@job
@click.option("--all", "whole", is_flag=True, help="List all URLs of each group, not only the first three.")
@click.option(
    "--skipped", is_flag=True, help="List URLs that were found and not fetched, and pages that fit no rule."
)
@as_json
def errors(chosen: Chosen, as_json: bool, whole: bool, skipped: bool) -> None:
    """List the failed URLs, grouped by reason: the last error, the pages that link there, and what to do.

    \b
    Example:
      asyncscrape errors catalog.toml
      asyncscrape errors catalog.toml --skipped
    """
    from asyncscrape.commands.errors import show_errors

    show_errors(chosen, as_json, whole, skipped)


@program.command(short_help="Tell what is kept of the answers, and find one.")
@job
@click.option("--url", metavar="URL", help="Print the newest answer from this URL.")
@click.option("--prune-older-than", "older_than", metavar="AGE", help="Delete answers of this age, such as 90d.")
@click.option("--prune-generation", "generation", type=int, metavar="N", help="Delete the answers of a generation.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is deleted.")
@as_json
def archive(chosen: Chosen, as_json: bool, yes: bool, **asked: Any) -> None:
    """Tell what is kept of the answers of a job, print one of them as it was parsed, or delete old ones.

    \b
    Examples:
      asyncscrape archive catalog.toml
      asyncscrape archive catalog.toml --url https://example.org/item/7 > item.html
      asyncscrape archive catalog.toml --prune-older-than 90d
    """
    from asyncscrape.commands.archive import ArchiveWish, look_into_archive

    look_into_archive(chosen, ArchiveWish(**asked), as_json=as_json, yes=yes)


@program.command(short_help="Put failed URLs back into the queue.")
@job
@click.option("--match", metavar="GLOB", help="Only matching URLs: '/item/*', or '*example.org*' for the whole URL.")
def retry(chosen: Chosen, match: str | None) -> None:
    """Put failed URLs back into the queue; the next run tries them again.

    \b
    Example:
      asyncscrape retry catalog.toml --match '/item/*'
    """
    from asyncscrape.commands.retry import retry_failed

    retry_failed(chosen, match)


@program.command(short_help="Make the finished tables of what is stored so far.")
@job
@as_json
def tables(chosen: Chosen, as_json: bool) -> None:
    """Make the finished tables of what is stored so far, without contacting any site.

    Every finished run makes them by itself; this is for a run that was interrupted.

    \b
    Example:
      asyncscrape tables catalog.toml
    """
    from asyncscrape.commands.make_tables import tables_of_job

    tables_of_job(chosen, as_json)


@program.command(short_help="Make the tables and pictures of a built-in job.")
@job
def report(chosen: Chosen) -> None:
    """Make the report of a built-in job from what is stored, without contacting any site.

    Every finished run of such a job makes the same report.

    \b
    Example:
      asyncscrape report config/crypto.toml
    """
    from asyncscrape.commands.report import report_job

    report_job(chosen)


@program.command(short_help="Add what can be made of the tables of a built-in job.")
@job
@click.argument("what", required=False)
@as_json
def enrich(chosen: Chosen, what: str | None, as_json: bool) -> None:
    """Make further tables of those that a job of kind music has stored, without contacting any site.

    WHAT is comments (what each comment says about the music, and how a track is received along its time), audio
    (tempo, key, loudness and more of each downloaded file) or model (what plays and what mood of the comments were to
    be expected of each track, and how far that can be trusted); without it, all, in this order. Only what is new is
    looked at; for model that is everything, once anything has changed. It can be stopped at any moment: the next time
    it goes on.

    \b
    Example:
      asyncscrape enrich music.toml comments
    """
    from asyncscrape.commands.enrich import enrich_job

    enrich_job(chosen, what, as_json=as_json)


@program.command(short_help="Print expectations that the last run would meet.")
@job
def expect(chosen: Chosen) -> None:
    """Print [expect] blocks that the finished tables of the last run would meet, to put into the config.

    Tables that do not meet what the config expects end a run with exit code 3.

    \b
    Example:
      asyncscrape expect catalog.toml
    """
    from asyncscrape.commands.expect import print_expectations

    print_expectations(chosen)


@program.command(short_help="Tell tempo, key and loudness of audio files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--workers", type=WholeNumber(min=1), metavar="N", help="Files to measure at once; without it one per core."
)
def audio(files: tuple[Path, ...], workers: int | None) -> None:
    """Tell tempo, key, loudness and more of MP3, Ogg Vorbis, FLAC and WAV files: a line of JSON each, in their order.

    A file that cannot be measured has a line with `error`, the reason; then the exit code is 3, even if the others
    were measured. What a file does not tell is null. Needs the extra `audio`.

    \b
    Example:
      asyncscrape audio previews/*.mp3
    """
    from asyncscrape.commands.measure_audio import print_features

    click.get_current_context().exit(print_features(files, workers))


@program.command(short_help="Tell what comments say, one a line.")
@click.argument("file", type=click.Path(path_type=Path))
def sentiment(file: Path) -> None:
    """Tell what comments under music say: a comment a line in FILE, or in standard input if FILE is -.

    Prints a JSON line for each line, in the same order: `label` (positive, neutral, negative; noise says nothing
    about the music), `probability`, `sure` (false: a guess that statistics should leave out), `language`, and the
    `probabilities` of all labels. An empty line is noise. The text is UTF-8, or UTF-16 with a mark at its beginning;
    bytes that are neither are replaced.

    \b
    Examples:
      asyncscrape sentiment comments.txt > judged.jsonl
      tail -f comments.txt | asyncscrape sentiment -
    """
    from asyncscrape.commands.sentiment import print_sentiment

    print_sentiment(file)


@program.command()
@click.argument("name")
def init(name: str) -> None:
    """Write NAME.toml, a commented config to start from.

    \b
    Example:
      asyncscrape init catalog
    """
    from asyncscrape.commands.init import write_starter

    write_starter(name, Path.cwd())


@program.command()
def schema() -> None:
    """Print the JSON Schema of the config file, for editors.

    \b
    Example:
      asyncscrape schema > asyncscrape.schema.json
    """
    from asyncscrape.commands.schema import print_schema

    print_schema(built_in_jobs(), sys.stdout)


@program.command(short_help="Move the state of a job into Postgres.")
@job
def move(chosen: Chosen) -> None:
    """Move the state of a job from its folder into the Postgres database that `[frontier] url` names.

    Everything goes along: the queue, the clocks of the hosts, records that are not yet in every store, and what the
    folder holds for tables in S3. The next run goes on from there. If anything fails, the job stays where it is. The
    old file stays as `state.db.moved`.

    \b
    Example:
      asyncscrape move catalog.toml
    """
    from asyncscrape.commands.move import move_job

    move_job(chosen)


@program.command(short_help="Serve the built-in copies of the sources on loopback.")
@click.option("--port", type=WholeNumber(0, 65535), default=8088, show_default=True, help="0 picks any free port.")
@click.option("--crowd", multiple=True, metavar="NAME=VALUE", help="A parameter of the crowd, such as accounts=3000.")
def replica(port: int, crowd: tuple[str, ...]) -> None:
    """Serve the built-in copies of the sources on loopback, until Ctrl-C.

    The Host header selects the site. With `"replica"` under [fetch.origins], a run starts a replica for itself.

    \b
    Example:
      asyncscrape replica --port 8088
    """
    from asyncscrape.commands.replica import serve_replica

    serve_replica(port, crowd)


seed = click.option(
    "--seed", type=int, default=1, show_default=True, metavar="N", help="The same seed gives the same, byte for byte."
)
mood = click.option(
    "--mood",
    type=float,
    default=0.0,
    show_default=True,
    metavar="M",
    help="From -1 (sad, dark) to 1 (happy, bright).",
)


def out(default: str, about: str) -> Callable[..., Any]:
    """The option that names what is written."""
    return click.option(
        "--out", type=click.Path(path_type=Path), default=default, show_default=True, metavar="NAME", help=about
    )


@program.group(short_help="Make sounds and pictures to a mood.", cls=Told)
def generate() -> None:
    """Make sounds and pictures to a mood. `asyncscrape generate COMMAND --help` tells more of each."""


@generate.command()
@click.option("--key", default="E", show_default=True, metavar="NOTE", help="The tonic, such as E, F# or Bb.")
@click.option(
    "--scale",
    default="minor",
    show_default=True,
    metavar="NAME",
    help="major, minor, dorian, phrygian, lydian, mixolydian, harmonic-minor, pentatonic (major), minor-pentatonic "
    "or blues.",
)
@mood
@click.option("--bars", type=int, default=32, show_default=True, metavar="N", help="1 to 64.")
@seed
@click.option("--bpm", type=float, metavar="N", help="Beats a minute, 40 to 250. Default: as the mood wants it.")
@out("tune", "Write NAME.mid, NAME.wav and NAME.png.")
def melody(**options: Any) -> None:
    """Make a melody with a small recurrent network: MIDI, sound, and a piano roll.

    \b
    Example:
      asyncscrape generate melody --key E --scale blues --mood 0.7 --bars 32 --seed 1 --out tune
    """
    from asyncscrape.commands.generate import generate_melody

    generate_melody(**options)


@generate.command()
@mood
@seed
@click.option(
    "--like",
    type=click.Path(path_type=Path),
    metavar="CONFIG",
    help="Take the hues from the artworks that this job of kind music has stored.",
)
@out("cover.png", "Write NAME.png.")
def cover(like: Path | None, **options: Any) -> None:
    """Make a cover, 3000 by 3000 pixels; colours and shapes follow studies of what they make people feel.

    With --like its hues are those of stored artworks of tracks whose comments feel about so. That needs a job that
    has run and was enriched: `asyncscrape enrich CONFIG comments`.

    \b
    Examples:
      asyncscrape generate cover --mood 0.6 --seed 3 --out cover.png
      asyncscrape generate cover --mood 0.6 --seed 3 --like music.toml
    """
    from asyncscrape.commands.generate import generate_cover

    generate_cover(like=None if like is None else Chosen(like, jobs=built_in_jobs()), **options)


def in_the_key(_: click.Context, __: click.Parameter, scale: str | None) -> None:
    """Tell people who know `--scale` from melodies where it is in a loop."""
    if scale is not None:
        raise UsageError(f'a loop has no --scale: write it into the key, as in --key "E {scale}"')


@generate.command(name="loop")
@click.option("--bpm", type=float, default=128, show_default=True, metavar="N", help="Beats a minute, 40 to 250.")
@click.option("--key", default="F minor", show_default=True, metavar="KEY", help="A note and a scale; E is E major.")
@click.option("--scale", hidden=True, expose_value=False, callback=in_the_key)
@mood
@click.option("--bars", type=int, default=8, show_default=True, metavar="N", help="1 to 64.")
@seed
@out("loop", "Write NAME.wav and NAME.mid.")
def loop_(**options: Any) -> None:
    """Make a loop for dancing: drums, bass, pads and a lead.

    \b
    Example:
      asyncscrape generate loop --bpm 128 --key "F minor" --mood -0.4 --out loop
    """
    from asyncscrape.commands.generate import generate_loop

    generate_loop(**options)


@generate.command(name="from-waveform")
@click.argument("source", metavar="PICTURE|JSON", type=click.Path(path_type=Path))
@click.option("--seconds", type=float, default=30, show_default=True, metavar="N", help="How long the sound is.")
@out("envelope", "Write NAME.json and NAME.wav.")
def from_waveform(**options: Any) -> None:
    """Read how loud a track is from its waveform, and make a sound that is as loud.

    PICTURE is a PNG or JPEG of a waveform; JSON has samples and a height. This is envelope resynthesis: neither tells
    which tones a track has, so the sound is noise that swells and falls as the track does.

    \b
    Example:
      asyncscrape generate from-waveform track.png --seconds 60 --out track-envelope
    """
    from asyncscrape.commands.generate import generate_from_waveform

    generate_from_waveform(**options)
