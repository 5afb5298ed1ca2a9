package gate

import (
	"strings"
	"sync"
)

// index is what of a document can be known before anybody asks, so that a decision costs the same with a large one.
type index struct {
	entries    map[string]string // keys of entries by their small letters
	patterns   []string          // keys that stand for several controls
	meant      sync.Map          // those of them that mean a control, once it was asked about
	exceptions Overlay           // by the control that they name
	windows    []*hours          // nil for one that cannot be read
	freezes    []*span
	timetable  string
}

// Prepared is the document with an index. Whoever changes it afterwards has to prepare it anew.
func (c Config) Prepared() Config {
	x := &index{entries: make(map[string]string, len(c.Controls)), exceptions: Overlay{Exceptions: c.Exceptions}.indexed()}
	for _, key := range c.Keys() {
		x.entries[strings.ToLower(key)] = key
		if Pattern(key) {
			x.patterns = append(x.patterns, key)
		}
	}
	for _, w := range c.Windows {
		var read *hours
		if h, err := w.hours(); err == nil {
			read = &h
		}
		x.windows = append(x.windows, read)
	}
	for _, f := range c.Freezes {
		var read *span
		if s, err := f.span(); err == nil {
			read = &s
		}
		x.freezes = append(x.freezes, read)
	}
	x.timetable = c.timetable()
	c.index = x
	return c
}

// folded finds the key of an entry in any case of letters; false where there is none.
func (c Config) folded(key string) (string, bool) {
	if c.index != nil {
		name, ok := c.index.entries[strings.ToLower(key)]
		return name, ok
	}
	for name := range c.Controls {
		if strings.EqualFold(name, key) {
			return name, true
		}
	}
	return "", false
}

// hoursOf reads the n-th window; false where it cannot be read.
func (c Config) hoursOf(n int) (hours, bool) {
	if c.index != nil {
		if read := c.index.windows[n]; read != nil {
			return *read, true
		}
		return hours{}, false
	}
	h, err := c.Windows[n].hours()
	return h, err == nil
}

// spanOf reads the n-th freeze; false where it cannot be read.
func (c Config) spanOf(n int) (span, bool) {
	if c.index != nil {
		if read := c.index.freezes[n]; read != nil {
			return *read, true
		}
		return span{}, false
	}
	s, err := c.Freezes[n].span()
	return s, err == nil
}
