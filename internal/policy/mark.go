package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"
)

// Mark tells the rights of a member's role apart: when they last changed, and their hash. It stands in the role's
// description, where whoever lists the account's roles can read it.
type Mark struct{ Day, Hash string }

// String is the mark as it stands in a description.
func (m Mark) String() string { return "of " + m.Day + ", " + m.Hash }

var mark = regexp.MustCompile(`\(rights of (\d{4}-\d{2}-\d{2}), ([0-9a-f]{8})\)`)

// MarkIn finds a mark in a description, or in the template that has one.
func MarkIn(text string) (Mark, bool) {
	m := mark.FindStringSubmatch(text)
	if m == nil {
		return Mark{}, false
	}
	return Mark{Day: m[1], Hash: m[2]}, true
}

// Marked returns the template with the mark of the rights that it has: the old one, where they have not changed.
func Marked(template []byte, now time.Time) ([]byte, error) {
	old, ok := MarkIn(string(template))
	if !ok {
		return nil, fmt.Errorf("template: no description has a mark such as %s", Mark{"2026-11-30", "00000000"})
	}
	sum := sha256.New()
	for block := range generated(template) {
		sum.Write(block)
	}
	hash := hex.EncodeToString(sum.Sum(nil))[:8]
	if hash == old.Hash {
		return template, nil
	}
	text := Mark{Day: now.UTC().Format(time.DateOnly), Hash: hash}.String()
	return mark.ReplaceAll(template, []byte("(rights "+text+")")), nil
}

// generated are the parts of a template that follow from what controls declare.
func generated(template []byte) func(yield func([]byte) bool) {
	block := regexp.MustCompile(`(?s)# BEGIN GENERATED.*?# END GENERATED`)
	return func(yield func([]byte) bool) {
		for _, part := range block.FindAll(template, -1) {
			if !yield(bytes.TrimSpace(part)) {
				return
			}
		}
	}
}

// unmarked is a template without its mark, which changes with the controls.
func unmarked(template []byte) []byte {
	return mark.ReplaceAll(template, []byte("(rights left out)"))
}
