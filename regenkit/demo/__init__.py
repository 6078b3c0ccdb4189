"""A page in the browser for trained runs, made of what their modalities declare: `regenkit demo`.

rep_table   Y′ as text ↔ tables to edit
views       which widget shows or takes files of which suffix
session     what the page does, without the page
page        the page (Gradio)
"""
