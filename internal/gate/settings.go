package gate

import "errors"

// Settings are the stored configuration and what stands on top of it.
type Settings struct {
	Doc     string // the configuration document; "" before the first push
	Version int64  // of the document
	Stops   []Stop
}

var (
	// ErrConflict says that somebody else stored a configuration since ours was read.
	ErrConflict = errors.New("the stored configuration changed meanwhile: read it again")
	// ErrLonger says that the stop which holds would end later than the new one.
	ErrLonger = errors.New("a stop holds already that ends later: lift it with salve resume, or stop for longer")
)
