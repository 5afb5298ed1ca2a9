package gate

import "errors"

// Settings are the stored configuration and what stands on top of it.
type Settings struct {
	Doc     string // the configuration document; "" before the first push
	Version int64  // of the document
	Stops   []Stop
	// Disables are what people have switched off by hand: no push brings it back.
	Disables []Disable
	// Moved, Modes and Changes say how far controls have come through the rings, see Overlay and Change.
	Moved   map[string]Moved
	Modes   map[string]int64
	Changes int64 // how many there were
	// Unread says why the stored document cannot be read. Nothing may act then: it may
	// have forbidden that. A push is the way out.
	Unread error
}

// Overlay is what stands on top of the document in the same item.
func (s Settings) Overlay() Overlay {
	return Overlay{Stops: s.Stops, Disables: s.Disables, Moved: s.Moved, Modes: s.Modes}
}

// Over is the overlay with other stops and disables than those that are stored.
func (s Settings) Over(stops []Stop, disables []Disable) Overlay {
	o := s.Overlay()
	o.Stops, o.Disables = stops, disables
	return o
}

// Pushed is how far controls have come once a document takes the place of the stored one.
func (s Settings) Pushed(to Config) Settings {
	s.Modes = s.ModesMoved(to, s.Version+1)
	return s
}

// Config is the stored document; the zero Config before the first push.
func (s Settings) Config() (Config, error) {
	switch {
	case s.Unread != nil:
		return Config{}, s.Unread
	case s.Doc == "":
		return Config{}, nil
	}
	return FromJSON([]byte(s.Doc))
}

var (
	// ErrConflict says that somebody else stored a configuration since ours was read.
	ErrConflict = errors.New("the stored configuration changed meanwhile: read it again")
	// ErrLonger says that the stop which holds would end later than the new one.
	ErrLonger = errors.New("a stop holds already that ends later: lift it with salve resume, or stop for longer")
)
