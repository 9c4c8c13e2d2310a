"""Run the doctor for the page, once at a time and in a thread: it may take a minute."""

import logging
import threading
from collections.abc import Callable

import msgspec

from mesharr.core.errors import Damaged, MesharrError
from mesharr.doctor.check_result import CheckResult
from mesharr.web.common.source import Doctor

log = logging.getLogger(__name__)


class Checked(msgspec.Struct, frozen=True):
    """What the doctor found last."""

    at: int = 0
    """When (ms), 0: it was not asked yet."""
    results: tuple[CheckResult, ...] = ()
    why: str = ""
    """Why it could not finish, "" when it could."""
    running: bool = False


class DoctorRuns:
    """The doctor, and what it found last."""

    def __init__(self, doctor: Doctor | None, clock: Callable[[], int]) -> None:
        self._doctor = doctor
        self._clock = clock
        self._lock = threading.Lock()
        self._last = Checked()
        self._thread: threading.Thread | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a doctor to run."""
        return self._doctor is not None

    @property
    def last(self) -> Checked:
        """What was found last, and whether it is running now."""
        return self._last

    def start(self) -> None:
        """Run the doctor in a thread, unless it is running."""
        with self._lock:
            if self._doctor is None or self._last.running:
                return
            self._last = msgspec.structs.replace(self._last, running=True)
        self._thread = threading.Thread(target=self._run, args=(self._doctor,), name="doctor", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the doctor has finished, if it is running."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, doctor: Doctor) -> None:
        results: tuple[CheckResult, ...] = ()
        why = "it failed: see the log"
        try:
            results = tuple(doctor())
            why = ""
        except (MesharrError, Damaged) as error:
            why = str(error)
        except Exception:
            log.exception("the doctor failed")
        finally:
            self._last = Checked(self._clock(), results, why)
