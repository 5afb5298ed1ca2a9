package ledger

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// versionPrefix begins the sort key of a pushed document in the partition of the configuration.
const versionPrefix = "version#"

// versionItem is where a version is kept. After gate.KeptVersions another one takes its place, so that nothing has to
// be deleted: people who push may write the partition, and delete nothing.
func versionItem(version int64) values {
	return values{"pk": text("config"), "sk": text(fmt.Sprintf("%s%03d", versionPrefix, version%gate.KeptVersions))}
}

// PushConfig stores a configuration document in place of a version, and keeps it, together. Stops and what is disabled
// by hand stay: they may be there before any document. gate.ErrConflict says that another version is stored by now.
func (l Ledger) PushConfig(ctx context.Context, p gate.Push) error {
	kept, err := l.keep(p)
	if err != nil {
		return err
	}
	stored, err := l.Settings(ctx)
	if err != nil {
		return err
	}
	refused, err := l.transact(ctx, []types.TransactWriteItem{{Update: l.push(p, p.Modes(stored))}, {Update: kept}})
	if err != nil {
		return fmt.Errorf("store configuration: %w", err)
	}
	if refused == nil {
		return nil
	}
	// The answer to our own transaction may have been lost, and it was tried again.
	if stored, err := l.Pushed(ctx, p.Over+1); err == nil && stored.Push == p.Kept() {
		return nil
	}
	return gate.ErrConflict
}

func (l Ledger) push(p gate.Push, modes map[string]int64) *types.Update {
	return &types.Update{
		TableName: &l.Table, Key: configItem(),
		UpdateExpression: aws.String("SET doc = :doc, version = :next, modes = :modes"),
		ConditionExpression: aws.String(
			"attribute_not_exists(version) OR version = :version OR NOT attribute_type(version, :number) " +
				// What no push has written: it is not counted on from.
				"OR version < :none OR version > :most OR (version > :version AND version < :next)"),
		ExpressionAttributeValues: values{
			":doc": text(p.Doc), ":version": number(p.Over), ":next": number(p.Over + 1), ":number": text("N"),
			":modes": encodeModes(modes),
			":none":  number(0), ":most": number(mostVersions),
		},
	}
}

// keep is the item of the history. It is an update, as all that people may write here.
func (l Ledger) keep(p gate.Push) (*types.Update, error) {
	packed, err := pack(p.Doc)
	if err != nil {
		return nil, fmt.Errorf("keep configuration: %w", err)
	}
	return &types.Update{
		TableName: &l.Table, Key: versionItem(p.Over + 1),
		UpdateExpression: aws.String("SET doc = :doc, version = :version, #hash = :hash, #by = :by, how = :how, " +
			"#release = :release, #at = :at"),
		ExpressionAttributeNames: map[string]string{"#hash": "hash", "#by": "by", "#release": "release", "#at": "at"},
		ExpressionAttributeValues: values{
			":doc": &types.AttributeValueMemberB{Value: packed}, ":version": number(p.Over + 1),
			":hash": text(hashOf(p.Doc)), ":by": text(p.By), ":how": text(p.How), ":release": text(p.Release),
			":at": number(p.At.Unix()),
		},
	}, nil
}

// hashOf is the hash that gate.Config.Hash gives the document.
func hashOf(doc string) string {
	sum := sha256.Sum256([]byte(doc))
	return hex.EncodeToString(sum[:])
}

// Pushes lists the documents that are kept, the newest first, without the documents themselves.
func (l Ledger) Pushes(ctx context.Context) ([]gate.Pushed, error) {
	pages := dynamodb.NewQueryPaginator(l.DB, &dynamodb.QueryInput{
		TableName: &l.Table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :prefix)"),
		ProjectionExpression:   aws.String("pk, version, #hash, #by, how, #release, #at"),
		ExpressionAttributeNames: map[string]string{
			"#hash": "hash", "#by": "by", "#release": "release", "#at": "at",
		},
		ExpressionAttributeValues: values{":pk": text("config"), ":prefix": text(versionPrefix)},
	})
	var out []gate.Pushed
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the history of the configuration: %w", err)
		}
		for _, item := range page.Items {
			out = append(out, decodePushed(item))
		}
	}
	slices.SortFunc(out, func(x, y gate.Pushed) int { return int(y.Version - x.Version) })
	return out, nil
}

// Pushed returns a document of the history, gate.ErrNotKept if there is no such version.
func (l Ledger) Pushed(ctx context.Context, version int64) (gate.Pushed, error) {
	out, err := l.DB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.Table, Key: versionItem(version), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return gate.Pushed{}, fmt.Errorf("read version %d of the configuration: %w", version, err)
	}
	p := decodePushed(out.Item)
	if out.Item == nil || version < 1 || p.Version != version {
		return gate.Pushed{}, gate.ErrNotKept
	}
	doc, err := unpack(out.Item["doc"])
	switch {
	case err != nil:
		p.Unread = errors.Join(p.Unread, err)
	case hashOf(doc) != p.Hash:
		p.Unread = errors.Join(p.Unread, errors.New("its document is not the one that was pushed: its hash differs"))
	default:
		p.Doc = doc
	}
	return p, nil
}

func decodePushed(item values) gate.Pushed {
	f := fields{item: item}
	p := gate.Pushed{Version: f.seconds("version"), Hash: f.text("hash")}
	p.By, p.How, p.Release, p.Over = f.text("by"), f.text("how"), f.text("release"), p.Version-1
	p.At = time.Unix(f.seconds("at"), 0).UTC()
	p.Unread = f.err()
	return p
}

// pack makes a document small: it is text, and a hundred are kept.
func pack(doc string) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, doc); err != nil {
		return nil, fmt.Errorf("compress the document: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress the document: %w", err)
	}
	return out.Bytes(), nil
}

func unpack(v types.AttributeValue) (string, error) {
	packed, ok := v.(*types.AttributeValueMemberB)
	if !ok {
		return "", errors.New("its document is missing")
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Value))
	if err != nil {
		return "", fmt.Errorf("its document cannot be read: %w", err)
	}
	// No document is larger; more is somebody's, and would fill the memory.
	doc, err := io.ReadAll(io.LimitReader(r, gate.MaxDocument+1))
	if err != nil || len(doc) > gate.MaxDocument {
		return "", errors.Join(errors.New("its document cannot be read"), err)
	}
	return string(doc), nil
}
