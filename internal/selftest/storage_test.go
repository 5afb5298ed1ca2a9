package selftest_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucket is a bucket in memory: what is set on it, as it was sent, and its objects.
type bucket struct {
	settings, objects map[string]string
}

// client is a real one of S3 whose requests the world answers: no emulator takes part.
func (w *world) client() *s3.Client {
	return s3.New(s3.Options{
		Region: "eu-central-1", UsePathStyle: true, Retryer: aws.NopRetryer{}, HTTPClient: w,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
}

// Do answers a request of S3.
func (w *world) Do(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(raw)
	}
	status, text := http.StatusNotFound, ""
	err := w.did(r.Method+" "+r.URL.RequestURI(), func() error {
		status, text = w.storage(r, body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r,
		ContentLength: int64(len(text)),
	}, nil
}

// storage is what S3 does with a request.
func (w *world) storage(r *http.Request, body string) (status int, text string) {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	b, sub := w.buckets[name], part(r)
	switch {
	case b == nil && r.Method == http.MethodPut && key == "" && sub == "":
		w.buckets[name] = &bucket{settings: map[string]string{}, objects: map[string]string{}}
		return http.StatusOK, ""
	case b == nil:
		return http.StatusNotFound, ""
	case key != "":
		return b.object(r.Method, key, body)
	case sub == "versions":
		return http.StatusOK, b.versions()
	case sub == "delete":
		b.delete(body)
		return http.StatusOK, "<DeleteResult/>"
	case sub != "":
		return b.setting(r.Method, sub, body)
	case r.Method == http.MethodDelete:
		return w.remove(name)
	}
	return http.StatusOK, ""
}

// remove deletes a bucket that is empty.
func (w *world) remove(name string) (status int, text string) {
	if len(w.buckets[name].objects) > 0 {
		return http.StatusConflict, ""
	}
	delete(w.buckets, name)
	return http.StatusNoContent, ""
}

// part is what of a bucket a request is about.
func part(r *http.Request) string {
	for _, of := range []string{"publicAccessBlock", "encryption", "versioning", "policy", "versions", "delete"} {
		if r.URL.Query().Has(of) {
			return of
		}
	}
	return ""
}

func (b *bucket) setting(method, sub, body string) (status int, text string) {
	if method == http.MethodPut {
		b.settings[sub] = body
		return http.StatusOK, ""
	}
	if _, set := b.settings[sub]; !set && sub == "versioning" {
		return http.StatusOK, "<VersioningConfiguration/>"
	}
	if _, set := b.settings[sub]; !set {
		return http.StatusNotFound, ""
	}
	return http.StatusOK, b.settings[sub]
}

func (b *bucket) object(method, key, body string) (status int, text string) {
	if method == http.MethodPut {
		b.objects[key] = body
	}
	if _, there := b.objects[key]; !there {
		return http.StatusNotFound, ""
	}
	return http.StatusOK, ""
}

func (b *bucket) versions() string {
	var out strings.Builder
	for key := range b.objects {
		out.WriteString("<Version><Key>" + key + "</Key><VersionId>v</VersionId></Version>")
	}
	return "<ListVersionsResult>" + out.String() + "</ListVersionsResult>"
}

func (b *bucket) delete(body string) {
	var asked struct {
		Object []struct{ Key string }
	}
	_ = xml.Unmarshal([]byte(body), &asked) // what cannot be read deletes nothing, and the test sees what is left
	for _, o := range asked.Object {
		delete(b.objects, o.Key)
	}
}

// sorted is what a map has, for comparison.
func sorted[V any](m map[string]V) []string {
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
