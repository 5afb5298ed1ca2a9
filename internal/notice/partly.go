package notice

import "errors"

// ErrPartly says that some channels were told and others were not. To tell all of them again would be to tell
// some of them twice.
var ErrPartly = errors.New("some channels were told")
