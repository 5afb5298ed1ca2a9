package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/salve-security/salve/deploy"
)

func TestPictureIsCurrent(t *testing.T) {
	got, err := os.ReadFile("../../../docs/architecture.svg")
	if err != nil || string(got) != draw() {
		t.Errorf("docs/architecture.svg is stale: run make generate (%v)", err)
	}
}

// TestPartsAreDeployed: what the picture calls Salve's own is in the templates, under that name.
func TestPartsAreDeployed(t *testing.T) {
	templates := deploy.Hub() + deploy.Member()
	for _, b := range boxes() {
		if (b.name != "") != (b.kind == part) {
			t.Errorf("%v: named %q, of the kind %s", b.lines, b.name, b.kind)
		}
		if b.name != "" && !strings.Contains(templates, b.name) {
			t.Errorf("the templates make no %s", b.name)
		}
	}
}

// TestEverythingFits: words in their boxes, boxes in the picture and apart from each other.
func TestEverythingFits(t *testing.T) {
	const glyph = 7.6 // a generous width of a letter
	all := boxes()
	for i, b := range all {
		if b.x < 0 || b.y < 0 || b.x+b.w > wide || b.y+b.h > high {
			t.Errorf("%v stands outside", b.lines)
		}
		for _, line := range b.lines {
			if float64(len(line))*glyph > float64(b.w) {
				t.Errorf("%q is wider than its box", line)
			}
		}
		for _, o := range all[i+1:] {
			if apart(b, o) || b.kind == account && within(o, b) {
				continue
			}
			t.Errorf("%v and %v overlap", b.lines, o.lines)
		}
	}
}

func apart(a, b box) bool {
	return a.x+a.w <= b.x || b.x+b.w <= a.x || a.y+a.h <= b.y || b.y+b.h <= a.y
}

func within(a, b box) bool {
	return a.x > b.x && a.y > b.y && a.x+a.w < b.x+b.w && a.y+a.h < b.y+b.h
}

// TestItIsXML: a picture that does not parse is shown as nothing.
func TestItIsXML(t *testing.T) {
	reader, elements := xml.NewDecoder(strings.NewReader(draw())), 0
	for {
		token, err := reader.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if want := len(boxes()) + len(arrows()); elements < want {
		t.Errorf("%d elements for %d boxes and arrows", elements, want)
	}
}
