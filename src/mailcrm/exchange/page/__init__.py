"""The whole archive of one customer as a page to read and print: what it shows, in which words, as HTML and as PDF."""
