package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func story(port, seconds, day, id, member, key string) string {
	return "A lab runs at http://127.0.0.1:" + port + ": up (" + seconds + " s).\n\n" +
		"\x1b[1m1. Fixed <by itself>\x1b[0m\n   \x1b[33m~ On: none → true\x1b[0m\n" +
		"   undo " + id + "-" + member + " by " + day + " 09:41 UTC\n\n\x1b[1m2. Clicked\x1b[0m\n\n3. Not shown\n\n" +
		"6. Parked\n   run " + id + "\n\n7. Undone\n\n10. In short\nKMS.4  key " + key + "…\n\nTry it\n"
}

// TestSame: two runs of the demo give one picture, which says nothing of the machine or the time.
func TestSame(t *testing.T) {
	var drawn []string
	for _, text := range []string{
		story("41051", "8.1", "2026-11-30", "r06h2jjb4nv67mdee", "n4foedt0", "cc7df879"),
		story("33333", "12.3", "2027-01-01", "r06h2vvvvvvvvvvvv", "00000000", "00000000"),
	} {
		lines, err := chosen(same(text))
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, draw(lines, columns))
	}
	if drawn[0] != drawn[1] {
		t.Errorf("they differ:\n%s\n%s", drawn[0], drawn[1])
	}
	for _, want := range []string{
		`class="b">1. Fixed &lt;by itself&gt;<`, `class="y">~ On: none → true<`, "r06gvqao51pq4d001-b40n6vr5",
	} {
		if !strings.Contains(drawn[0], want) {
			t.Errorf("the picture lacks %q:\n%s", want, drawn[0])
		}
	}
	for _, not := range []string{"Not shown", "Try it", "\x1b"} {
		if strings.Contains(drawn[0], not) {
			t.Errorf("the picture has %q", not)
		}
	}
}

func TestChosenWantsEveryChapter(t *testing.T) {
	if _, err := chosen("1. Only one\n"); err == nil {
		t.Error("a demo without its chapters is drawn")
	}
}

// TestThePictureIsOne: what is in docs is whole, and nothing in it is of a machine.
func TestThePictureIsOne(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	for reader := xml.NewDecoder(strings.NewReader(string(raw))); ; {
		if _, err := reader.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, not := range []string{"/tmp", "/home", "/work", "<script", "href"} {
		if strings.Contains(string(raw), not) {
			t.Errorf("the picture has %q", not)
		}
	}
}
