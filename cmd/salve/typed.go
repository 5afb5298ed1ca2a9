package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// several is the value of a flag that takes several, parted by commas. An empty one
// is refused: a shell gives it for a variable that is not set, and a rule without
// a place would hold everywhere.
type several []string

// Decode reads one use of the flag.
func (n *several) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("value", &text); err != nil {
		return fmt.Errorf("read the value: %w", err)
	}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return errors.New("a value is empty: name one, or leave out the flag")
		}
		*n = append(*n, name)
	}
	return nil
}

// word is an argument that may be left out, but not empty: a variable that is not
// set must not stand for everything.
type word string

// Decode reads the argument.
func (w *word) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("value", &text); err != nil {
		return fmt.Errorf("read the value: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("is empty: name a control, or leave it out for everything")
	}
	*w = word(text)
	return nil
}
