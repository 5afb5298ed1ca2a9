package iam_test

import "testing"

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
