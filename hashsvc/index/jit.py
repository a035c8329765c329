"""How kernels are compiled, and the machine instructions that numba does not offer by name.

A kernel is a plain function over contiguous arrays that numba compiles once per set of argument types, without the
GIL, into a cache on disk. So that a type set occurs once only, stored arrays are always handed over read-only (see
`readonly`) and scratch arrays writable; `hashsvc.index.warm` runs every kernel with exactly these types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from hashsvc.index.kernel_cache import keep

F = TypeVar("F", bound=Callable[..., Any])

# Every kernel that `kernel` made, so that a test can ask whether a call compiled anything after `warm`.
KERNELS: list[Any] = []


def kernel(function: F) -> F:
    """Compile a function on first use, without the GIL, cached on disk (`kernel_cache.py` says where)."""
    compiled = _compiled(function, nogil=True)
    KERNELS.append(compiled)
    return compiled  # type: ignore[no-any-return]


def short(function: F) -> F:
    """Compile a function that keeps the GIL: for work so short that giving it away costs more than the work.

    A thread that gave the GIL away waits for it when it comes back, behind every other thread that wants it; beside
    15 other calls on one core that was several times the 40 us of a search.
    """
    compiled = _compiled(function, nogil=False)
    KERNELS.append(compiled)
    return compiled  # type: ignore[no-any-return]


def inlined(function: F) -> F:
    """Compile a helper of a kernel; LLVM inlines it at will. Not called from Python."""
    return _compiled(function, nogil=True)  # type: ignore[no-any-return]


def _compiled(function: Callable[..., Any], *, nogil: bool) -> Any:
    compiled = njit(nogil=nogil, boundscheck=False, error_model="numpy")(function)
    keep(function, compiled)
    return compiled


def readonly(array: NDArray[Any]) -> NDArray[Any]:
    """Give a read-only, C-ordered view of an array (a copy only if it is not C-ordered). Costs under 1 us."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@intrinsic  # type: ignore[untyped-decorator]
def popcount(_typing: Any, word: Any) -> Any:
    """Count the set bits of a uint64 (llvm.ctpop; one instruction on x86-64-v2 and ARMv8)."""
    if not isinstance(word, types.Integer):
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of array[index] (one-dimensional), to be read soon (llvm.prefetch). Never faults."""
    if not isinstance(array, types.Array) or array.ndim != 1:
        return None

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.gep(data, [args[1]])
        void_pointer = ir.IntType(8).as_pointer()
        int32 = ir.IntType(32)
        declared = ir.FunctionType(ir.VoidType(), [void_pointer, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, declared, "llvm.prefetch.p0i8")
        read, keep_near, data_cache = int32(0), int32(3), int32(1)
        builder.call(function, [builder.bitcast(pointer, void_pointer), read, keep_near, data_cache])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen
