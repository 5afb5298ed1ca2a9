package assess

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// TestPage: one file that needs nothing else and says all there is to say; what strangers wrote stays text.
func TestPage(t *testing.T) {
	w := busy()
	w.fails("S3.1", own, `arn:aws:s3:::"><script>alert(1)</script><img src=x onerror=y>`, cis)
	w.fails("EC2.1", own, bucket, cis)
	a := w.assessment(journal(t, head()))
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := a.Journal.Report()
	sum, err := a.Summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := HTML(&b, sum, r); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"Assessed 2026-11-30 12:00 UTC in account 111111111111, eu-west-1, by release 1.0.0. Nothing was changed.",
		"&lt;script&gt;alert(1)", `<a href="#S3.1">S3.1</a>`, `<h3 id="S3.1">`, "This change is destructive", "0 %",
		"Strangers no longer get in.", "Salve has no playbook for this control", "<code>", "name of " + own,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if found := regexp.MustCompile(`<script|<img|https?:|src=|@import|url\(|javascript:`).FindString(
		strings.ReplaceAll(page, "&lt;img src=x", "")); found != "" {
		t.Errorf("the page has %s", found)
	}
	closed(t, page)
}

// closed reads the page as a browser would, and wants every element that is opened closed again.
func closed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPageOfNothing: there is a page where nothing is open, too.
func TestPageOfNothing(t *testing.T) {
	a := newWorld().assessment(journal(t, head()))
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := a.Journal.Report()
	sum, err := a.Summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := HTML(&b, sum, r); err != nil || !strings.Contains(b.String(), "Nobody: no change interrupts") {
		t.Errorf("%v\n%s", err, &b)
	}
	closed(t, b.String())
}
