package docs

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// What the tests of a package wrote down is on the page, whatever their source looks like.
func TestProofsAreRecorded(t *testing.T) {
	root := fstest.MapFS{
		"s3/a.go": {Data: []byte(`package s3
func Block() []control.Control { return all("S3.1", "S3.2") }`)},
		"s3/a_test.go": {Data: []byte(`package s3_test
func TestBlock(t *testing.T) { playbooktest.Run(t, playbook.Block()) }
func TestLine(t *testing.T) {}`)},
		"s3/testdata/ran.json": {Data: []byte(`{"S3.2": {
			"suites": {
				"TestBlock/a": {"on": "the lab", "ran": 8, "left": {"gone": "it stays"}, "shown": {"S3.1": ["twice", "late"]}},
				"TestBlock/b": {"on": "the lab, with a stand-in for mq", "ran": 8,
					"left": {"gone": "it stays"}, "shown": {"S3.1": ["twice"]}}
			},
			"answered": ["TestLine", "TestWent"]
		}}`)},
	}
	got, err := readProofs(root)
	want := map[string]proof{
		"S3.1": {Package: "s3", Source: "a.go", Suites: []string{"TestBlock"}, Mechanism: own},
		"S3.2": {
			Package: "s3", Source: "a.go", Suites: []string{"TestBlock"}, On: []string{"the lab, with a stand-in for mq"},
			Skipped: []stay{{Path: "gone", Why: "it stays"}}, StandIn: []string{"TestWent", "a_test.go"},
			Shown: []shown{{By: "S3.1", Cases: []string{"late", "twice"}}}, Mechanism: own,
		},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	root["s3/testdata/ran.json"] = &fstest.MapFile{Data: []byte("[")}
	if _, err := readProofs(root); err == nil {
		t.Error("half a record was read")
	}
}
